// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.HashSet;
import java.util.Set;
import vfio.core.Errno;
import vfio.core.VfioException;

/** The page table that a group is attached to, and for which of the group's devices; under the {@link IommuLock}. */
final class GroupAttachment {
    private final GroupDma group;
    private final Set<BoundDevice> devices = new HashSet<>();
    private PageTable table;

    GroupAttachment(GroupDma group) {
        this.group = group;
    }

    GroupDma group() {
        return group;
    }

    /**
     * Attaches the group for a device. A device that is attached takes the whole group along, as the kernel's replace.
     *
     * @throws VfioException EINVAL where another device is attached to another page table; EADDRINUSE where reserved
     *     addresses are mapped
     */
    void attach(BoundDevice device, PageTable next) {
        if (table != next) {
            if (!devices.isEmpty() && !devices.contains(device)) {
                throw new VfioException(Errno.EINVAL, "attach " + device.name() + ": another device of group " + group.id()
                        + " is attached to page table " + table.id + ", and they share one; move that one");
            }
            move(next);
        }
        devices.add(device);
    }

    private void move(PageTable next) {
        PageTable former = table;
        boolean sameSpace = former != null && former.ioas == next.ioas;
        if (!sameSpace) {
            next.ioas.space().reserve(group, group.reserved(), Errno.EADDRINUSE);
        }
        next.join();
        table = next;
        group.attach(next.domain);
        if (former != null) {
            letGo(former, sameSpace);
        }
    }

    /** Detaches a device: DMA of the group is blocked once none of its devices is attached. */
    void detach(BoundDevice device) {
        if (devices.remove(device) && devices.isEmpty()) {
            PageTable former = table;
            table = null;
            group.attach(null);
            letGo(former, false);
        }
    }

    private void letGo(PageTable former, boolean sameSpace) {
        if (!sameSpace) {
            former.ioas.space().unreserve(group);
        }
        former.leave();
    }
}
