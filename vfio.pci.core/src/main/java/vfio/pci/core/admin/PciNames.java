// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.admin;

import org.osgi.annotation.versioning.ProviderType;

/**
 * The names that people give to ids. Every answer is printable text on one line, empty where no name is known. An id out of
 * range throws nothing, since no such id has a name.
 */
@ProviderType
public interface PciNames {

    /**
     * Returns the name of a vendor.
     *
     * @param vendor 16 bits
     */
    String vendor(int vendor);

    /**
     * Returns the name of a device.
     *
     * @param vendor 16 bits, as is device
     */
    String device(int vendor, int device);

    /** Returns the name of a card or board built around a device; ids have 16 bits. */
    String subsystem(int vendor, int device, int subvendor, int subdevice);

    /**
     * Returns the name of the subclass ({@code VGA compatible controller}), or the base class's where the subclass has none.
     *
     * @param classCode 24 bits: base class, subclass, programming interface
     */
    String classOf(int classCode);

    /** Returns the name of the programming interface ({@code NVM Express}) of a 24-bit class code. */
    String interfaceOf(int classCode);
}
