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

    /** Who has the device. */
    enum Use {
        /** Nobody. */
        UNBOUND,
        /** A VFIO driver. */
        VFIO,
        /** A driver of the host that leaves DMA to its user ({@code driver_managed_dma}), such as pci-stub and portdrv. */
        MANAGED_DMA,
        /** Any other driver of the host, or one of ours that uses the device itself: the group is not viable. */
        DRIVER
    }

    /** The member that a handle is of, for one that was opened through an {@link Iommu}. */
    static Optional<GroupMember> of(DeviceHandle handle) {
        return handle instanceof ForwardingHandle opened ? Optional.of(opened.member()) : Optional.empty();
    }

    /** The device's name, the same for as long as it is in the group. */
    String name();

    /** Its DMA, the same for as long as it is in the group. */
    DmaEndpoint endpoint();

    Use use();

    /**
     * Whether a name that a user gives, with options behind it perhaps, means this device.
     *
     * @throws VfioException what is wrong with the options
     */
    default boolean matches(String text) {
        return text.equals(name());
    }

    /** Whether someone outside of VFIO has put it into a domain of its own. */
    default boolean inForeignDomain() {
        return false;
    }

    /** Whether it uses process address spaces. */
    default boolean usesPasids() {
        return false;
    }

    /**
     * Opens the device as a member of its group: may happen many times.
     *
     * @param text the name as the user gave it
     */
    DeviceHandle open(String text, VfioUser user);

    /** Opens the device for one user alone. */
    DeviceHandle openDirect(VfioUser user);
}
