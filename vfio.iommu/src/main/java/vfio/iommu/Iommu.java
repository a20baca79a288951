// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.LockedMemory;

/**
 * The IOMMU of devices without hardware of their own: what their groups are, and what users open to put these into address
 * spaces. Buses add and remove members; a group lives as long as it has one.
 *
 * <p>One lock covers which group is opened, owned and attached where; it comes before those that {@link AddressSpace} names,
 * and after a device set's. No device is opened or closed inside it.
 */
public final class Iommu {
    final ReentrantLock lock = new ReentrantLock();
    private final IommuSettings settings;
    private final Map<Integer, IommuGroup> groups = new TreeMap<>();

    public Iommu(IommuSettings settings) {
        this.settings = settings;
    }

    IommuSettings settings() {
        return settings;
    }

    /**
     * A device appears: it joins its group, and is attached where that is.
     *
     * @return the group, made for its first member
     * @throws VfioException EINVAL where the group is of another type, or without IOMMU while that is not allowed; EEXIST
     *     for a name that is in it
     */
    public IommuGroup add(int group, IommuGroup.Type type, GroupMember member) {
        if (type == IommuGroup.Type.NO_IOMMU && !settings.noIommu()) {
            throw new VfioException(Errno.EINVAL, "add " + member.name() + ": devices without IOMMU are not allowed here");
        }
        lock.lock();
        try {
            IommuGroup joined = groups.get(group);
            if (joined != null && joined.type() != type) {
                throw new VfioException(Errno.EINVAL, "add " + member.name() + " to group " + group + ": the group is "
                        + joined.type());
            }
            if (joined == null) {
                joined = new IommuGroup(this, group, type);
            }
            joined.add(member);
            groups.put(group, joined);
            return joined;
        } finally {
            lock.unlock();
        }
    }

    /** A device is gone: when this returns it reaches no memory. Its handles have been revoked before. */
    public void remove(int group, String name) {
        lock.lock();
        try {
            IommuGroup left = groups.get(group);
            if (left != null && left.remove(name)) {
                groups.remove(group);
            }
        } finally {
            lock.unlock();
        }
    }

    /** @throws VfioException ENOENT where there is no such group */
    public IommuGroup group(int id) {
        lock.lock();
        try {
            IommuGroup found = groups.get(id);
            if (found == null) {
                throw new VfioException(Errno.ENOENT, "find IOMMU group " + id + ": no device is in it");
            }
            return found;
        } finally {
            lock.unlock();
        }
    }

    /** Lowest number first. */
    public List<IommuGroup> groups() {
        lock.lock();
        try {
            return List.copyOf(groups.values());
        } finally {
            lock.unlock();
        }
    }

    /** Opens a container, as of {@code /dev/vfio/vfio}. */
    public VfioContainer openContainer(LockedMemory limit) {
        return new Type1Container(this, limit);
    }

    /** Opens an iommufd, as of {@code /dev/iommu}. */
    public Iommufd openIommufd(LockedMemory limit) {
        return new Iommufd(this, limit);
    }
}
