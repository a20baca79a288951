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
 * A driver's names and id table, stated once on its class. The build makes three things of it: service properties, so
 * that the core matches without activating the driver; a bundle capability, so that a repository finds the bundle; and
 * the {@code alias} lines that {@code vfio aliases} prints.
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
     * Namespace of the bundle capability; its attribute {@code key} is a coarse filter, for each entry {@code v:d},
     * {@code v:any}, {@code any:d} or {@code any:any}.
     */
    String CAPABILITY = "vfio.pci.driver";

    /** The driver's name: what {@code driver_override} is compared with. */
    @Attribute
    String driver();

    /** The module name that alias lines carry; the driver's name where absent. */
    @Attribute
    String module() default "";

    /** The name of the VFIO operations, as the kernel's {@code vfio_device_ops.name}; the driver's where absent. */
    @Attribute
    String ops() default "";

    /** Ordinary entries: they match as soon as a function appears. */
    @Attribute
    String[] ids() default {};

    /** Override-only entries ({@code PCI_ID_F_VFIO_DRIVER_OVERRIDE}): they match only under an override for this driver. */
    @Attribute
    String[] overrideOnly() default {};

    /** Whether functions become VFIO devices; only such drivers are ranked under policy {@code auto}. */
    @Attribute
    boolean vfio() default true;
}
