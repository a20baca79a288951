// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Attribute;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.ComponentPropertyType;
import vfio.pci.core.id.PciDeviceId;

/**
 * A driver's names and id table, stated once on the driver's class. The build makes three things of the annotation: service
 * properties, so that the core matches without activating the driver; a bundle capability, so that a repository finds the
 * bundle; and the {@code alias} lines that {@code vfio aliases} prints.
 *
 * <p>An entry is {@code vendor:device[:subvendor[:subdevice[:class[:class_mask]]]]} in hex, {@code *} for any, a class
 * without a mask meaning mask {@code ffffff}, and an optional {@code =driver_data} in hex: {@code "abcd:1234"},
 * {@code "*:*:*:*:010802"}. Details: {@link PciDeviceId#parse}.
 */
@ComponentPropertyType
@Capability(namespace = PciIds.CAPABILITY, attribute = "key:List<String>=\"${replacelist;${replacelist;"
        + "${tolower;${#ids},${#overrideOnly}};^([^:]+):([^:=]+).*;$1:$2};[*];any}\"")
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
public @interface PciIds {
    String PREFIX_ = "vfio.pci.";

    /**
     * The namespace of the bundle capability, whose attribute {@code key} is a coarse filter: {@code v:d}, {@code v:any},
     * {@code any:d} or {@code any:any} for each entry.
     */
    String CAPABILITY = "vfio.pci.driver";

    /** Returns the driver's name, with which {@code driver_override} is compared. */
    @Attribute
    String driver();

    /** Returns the module name that alias lines carry; the driver's name where absent. */
    @Attribute
    String module() default "";

    /** Returns the name of the VFIO operations, as the kernel's {@code vfio_device_ops.name}; the driver's where absent. */
    @Attribute
    String ops() default "";

    /** Returns the ordinary entries, which match as soon as a function appears. */
    @Attribute
    String[] ids() default {};

    /** Returns the entries that match only under an override for this driver ({@code PCI_ID_F_VFIO_DRIVER_OVERRIDE}). */
    @Attribute
    String[] overrideOnly() default {};

    /** Tells whether functions become VFIO devices; only such drivers are ranked under policy {@code auto}. */
    @Attribute
    boolean vfio() default true;

    /**
     * Returns the versions of the state that this build of the driver writes and reads, newest first: {@code "3 2"}. With 0
     * among them the driver also takes an open device over from a version that hands over nothing it knows:
     * {@code openDevice} runs again. Absent for a driver without state of its own, and for one whose open devices cannot be
     * taken over.
     */
    @Attribute
    String state() default "";
}
