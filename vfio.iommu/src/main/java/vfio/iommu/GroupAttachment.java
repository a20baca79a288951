// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.HashSet;
import java.util.Set;
import vfio.core.Errno;
import vfio.core.VfioException;

/** Which page table a group is attached to, and for which of its devices; under the {@link Iommu}'s lock. */
final class GroupAttachment {
    private final IommuGroup group;
    private final Set<BoundDevice> devices = new HashSet<>();
    private PageTable table;

    GroupAttachment(IommuGroup group) {
        this.group = group;
    }

    /** Attaches the group for a device; one that is attached takes the whole group along, as the kernel's replace. */
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
        next.groups++;
        table = next;
        group.attach(next.domain);
        if (former != null) {
            letGo(former, sameSpace);
        }
    }

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
        if (--former.groups == 0 && former.automatic) {
            former.ioas.iommufd().dispose(former);
        }
    }
}
