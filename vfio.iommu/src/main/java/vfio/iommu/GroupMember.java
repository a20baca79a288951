// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;

/**
 * A device as its bus puts it into a group. {@link #open} and {@link #openDirect} are called without a lock; the others
 * answer at once, from what is known, and call nothing back.
 */
@ConsumerType
public interface GroupMember {

    /** The kinds of driver that can have a device. */
    enum Use {
        /** No driver. */
        UNBOUND,
        /** A VFIO driver. */
        VFIO,
        /** A driver of the host that leaves DMA to its user ({@code driver_managed_dma}), such as pci-stub and portdrv. */
        MANAGED_DMA,
        /** Any other driver of the host, or one of ours that uses the device itself: the group is not viable. */
        DRIVER
    }

    /** Returns the member that a handle opened through an {@link Iommu} belongs to; empty for another handle. */
    static Optional<GroupMember> of(DeviceHandle handle) {
        return handle instanceof ForwardingHandle opened ? Optional.of(opened.member()) : Optional.empty();
    }

    /** Returns the device's name, the same for as long as the device is in the group. */
    String name();

    /** Returns the end of the device's DMA, the same for as long as the device is in the group. */
    DmaEndpoint endpoint();

    /** Returns which kind of driver has the device. */
    Use use();

    /**
     * Tells whether a name that a user gives, with options behind it perhaps, means this device.
     *
     * @throws VfioException what is wrong with the options
     */
    default boolean matches(String text) {
        return text.equals(name());
    }

    /** Tells whether the host, outside of VFIO, has put the device into a domain of its own. */
    default boolean inForeignDomain() {
        return false;
    }

    /** Tells whether the device uses process address spaces (PASIDs). */
    default boolean usesPasids() {
        return false;
    }

    /**
     * Opens the device as a member of its group; the same device may be opened several times.
     *
     * @param text the name as the user gave it
     */
    DeviceHandle open(String text, VfioUser user);

    /** Opens the device for one user alone. */
    DeviceHandle openDirect(VfioUser user);
}
