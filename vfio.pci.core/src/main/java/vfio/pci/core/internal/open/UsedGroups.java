// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.open;

import java.util.HashMap;
import java.util.Map;
import vfio.core.VfioException;
import vfio.core.device.VfioUser;
import vfio.core.dma.LockedMemory;
import vfio.iommu.GroupHandle;
import vfio.iommu.Iommu;
import vfio.iommu.IommuGroup;
import vfio.iommu.VfioContainer;

/**
 * The groups of functions in use, each with a container of the core's own. A group is opened once, for one user; the
 * functions of the group that this user has share the group's handle and the container.
 */
final class UsedGroups {
    private final Map<IommuGroup, Used> open = new HashMap<>();

    /** An open group, which is closed when as many functions have let it go as took it. */
    final class Used {
        private final VfioUser user;
        private final GroupHandle group;
        private final VfioContainer container;
        private int functions;

        private Used(VfioUser user, GroupHandle group, VfioContainer container) {
            this.user = user;
            this.group = group;
            this.container = container;
        }

        GroupHandle group() {
            return group;
        }

        VfioContainer container() {
            return container;
        }

        void letGo() {
            synchronized (UsedGroups.this) {
                if (--functions == 0) {
                    open.remove(group.group());
                    close();
                }
            }
        }

        private void close() {
            group.close();
            container.close();
        }
    }

    /**
     * Takes a group for one function of a user, and opens it for the first.
     *
     * @throws VfioException EBUSY where another user has the group open; else as {@link GroupHandle#setContainer}
     */
    synchronized Used take(IommuGroup group, VfioUser user, Iommu iommu) {
        Used used = open.get(group);
        if (used == null || used.user != user) {
            used = new Used(user, group.open(user), iommu.openContainer(LockedMemory.unlimited()));
            try {
                used.group.setContainer(used.container);
                used.container.setIommu(VfioContainer.TYPE1V2);
            } catch (RuntimeException e) {
                used.close();
                throw e;
            }
            open.put(group, used);
        }
        used.functions++;
        return used;
    }
}
