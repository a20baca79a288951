// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.LockedMemory;

/**
 * The IOMMU of devices without hardware of their own: their groups, and the containers and iommufds by which users put groups
 * into address spaces. Buses add and remove members; a group lives as long as it has one.
 */
public final class Iommu {
    private final IommuLock lock = new IommuLock();
    private final IommuSettings settings;
    private final Map<Integer, IommuGroup> groups = new TreeMap<>();

    /** Makes an IOMMU with the kernel's defaults: interrupts must be isolated, and a container has 65535 mappings. */
    public Iommu() {
        this(IommuSettings.USUAL);
    }

    Iommu(IommuSettings settings) {
        this.settings = settings;
    }

    /**
     * Adds a device to its group, and attaches the device where the group is attached.
     *
     * @param group the group's number
     * @return the group, made for its first member
     * @throws VfioException EEXIST where the group has a device of this name
     */
    public IommuGroup add(int group, GroupMember member) {
        return add(group, GroupType.IOMMU, member);
    }

    /**
     * Adds a device to a group of a type, as {@link #add(int, GroupMember)}.
     *
     * @throws VfioException EINVAL where the group is of another type, or without IOMMU while that is not allowed; EEXIST
     *     where the group has a device of this name
     */
    IommuGroup add(int group, GroupType type, GroupMember member) {
        if (type == GroupType.NO_IOMMU && !settings.noIommu()) {
            throw new VfioException(Errno.EINVAL, "add " + member.name() + ": devices without IOMMU are not allowed here");
        }
        return lock.exclusively(() -> {
            IommuGroup joined = groups.get(group);
            if (joined != null && joined.type() != type) {
                throw new VfioException(Errno.EINVAL, "add " + member.name() + " to group " + group + ": the group is "
                        + joined.type());
            }
            if (joined == null) {
                joined = new IommuGroup(lock, settings, group, type);
            }
            joined.dma().add(member);
            groups.put(group, joined);
            return joined;
        });
    }

    /**
     * Removes a device from its group. When this returns the device reaches no memory. The device's handles have been revoked
     * before.
     */
    public void remove(int group, String name) {
        lock.exclusively(() -> {
            IommuGroup left = groups.get(group);
            if (left != null && left.remove(name)) {
                groups.remove(group);
            }
        });
    }

    /**
     * Returns the group of a number.
     *
     * @throws VfioException ENOENT where there is no such group
     */
    public IommuGroup group(int id) {
        return lock.exclusively(() -> {
            IommuGroup found = groups.get(id);
            if (found == null) {
                throw new VfioException(Errno.ENOENT, "find IOMMU group " + id + ": no device is in it");
            }
            return found;
        });
    }

    /** Returns the groups, lowest number first. */
    public List<IommuGroup> groups() {
        return lock.exclusively(() -> List.copyOf(groups.values()));
    }

    /**
     * Opens a container, as of {@code /dev/vfio/vfio}.
     *
     * @param limit what the container may pin
     */
    public VfioContainer openContainer(LockedMemory limit) {
        return new Type1Container(lock, settings, limit);
    }

    /**
     * Opens an iommufd, as of {@code /dev/iommu}.
     *
     * @param limit what the iommufd may pin
     */
    public Iommufd openIommufd(LockedMemory limit) {
        return new Iommufd(lock, settings, limit);
    }
}
