// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;

/**
 * One open of a group: the way into a container and to the group's devices. Group, container and devices are closed in any
 * order: what the devices use of the group stays until the last device is closed. Its calls answer EBADF once closed.
 */
public final class GroupHandle implements AutoCloseable {
    /** Of {@link #status}: the group can be given to a user. */
    public static final int VIABLE = 1;
    /** Of {@link #status}: the group is in a container. */
    public static final int CONTAINER_SET = 2;

    private final IommuGroup group;
    private final VfioUser user;
    private final List<GroupMemberHandle> devices = new ArrayList<>();
    /** Devices bound to an iommufd that stands in for a container. */
    private final Map<GroupMember, BoundDevice> bound = new HashMap<>();
    private VfioContainer container;
    private boolean closed;

    GroupHandle(IommuGroup group, VfioUser user) {
        this.group = group;
        this.user = user;
    }

    /** Returns the group handle that a device was opened through; empty for a device that was opened otherwise. */
    public static Optional<GroupHandle> of(DeviceHandle handle) {
        return handle instanceof GroupMemberHandle device ? Optional.of(device.group()) : Optional.empty();
    }

    /** Returns the group. */
    public IommuGroup group() {
        return group;
    }

    /** Tells whether the handle is open. */
    public boolean isOpen() {
        return group.lock().exclusively(() -> !closed);
    }

    /** Returns {@link #VIABLE} and {@link #CONTAINER_SET} (GET_STATUS). With an iommufd VIABLE does not promise a device. */
    public int status() {
        return locked("get the status", () -> container != null ? VIABLE | CONTAINER_SET : group.dma().viable() ? VIABLE : 0);
    }

    /**
     * Puts the group into a container (SET_CONTAINER).
     *
     * @param handle a container or an iommufd
     * @throws VfioException EINVAL where it has one; EBADF where the handle is closed or null; EBADFD where it is neither;
     *     EPERM where a device is on a driver of the host, another user owns the group, or groups with and without IOMMU
     *     would mix; EBUSY where a device is in a domain outside of VFIO or uses PASIDs; else as
     *     {@link VfioContainer#setIommu} where the container has an IOMMU
     */
    public void setContainer(AutoCloseable handle) {
        locked("set the container", () -> {
            if (container != null) {
                throw refused(Errno.EINVAL, "set the container", "it has one; unset that first");
            }
            if (handle instanceof Type1Container type1) {
                ensureOpen(!type1.closed());
                group.checkRawIo(user, "set the container of");
                type1.join(group.dma(), this);
                container = type1;
            } else if (handle instanceof Iommufd iommufd) {
                ensureOpen(!iommufd.closed());
                iommufd.compat().create(group.type() == GroupType.NO_IOMMU);
                iommufd.hold();
                container = iommufd;
            } else {
                ensureOpen(handle != null);
                throw refused(Errno.EBADFD, "set the container", "the handle is neither a container nor an iommufd");
            }
            return null;
        });
    }

    private void ensureOpen(boolean open) {
        if (!open) {
            throw refused(Errno.EBADF, "set the container", "the container is closed; open another");
        }
    }

    /**
     * Takes the group out of its container (UNSET_CONTAINER).
     *
     * @throws VfioException EINVAL where it has none; EBUSY while a device is open
     */
    public void unsetContainer() {
        locked("unset the container", () -> {
            if (container == null) {
                throw refused(Errno.EINVAL, "unset the container", "it has none");
            }
            if (!devices.isEmpty()) {
                throw refused(Errno.EBUSY, "unset the container", devices.size() + " of its devices' handles are open");
            }
            leaveContainer();
            return null;
        });
    }

    private void leaveContainer() {
        if (container instanceof Type1Container type1) {
            type1.leave(group.dma());
        } else if (container instanceof Iommufd iommufd) {
            iommufd.letGo();
        }
        container = null;
    }

    /**
     * Opens a device of the group (GET_DEVICE_FD).
     *
     * @param text the device's name, and what options it takes behind it
     * @throws VfioException ENODEV where the group has no such device; EINVAL without container or IOMMU; with an iommufd
     *     EPERM and EBUSY as {@link #setContainer} with a container; else what opening the device answers
     */
    public DeviceHandle getDevice(String text) {
        GroupMember member = group.members().stream().filter(one -> one.matches(text)).findFirst().orElseThrow(
                () -> refused(Errno.ENODEV, "open a device", "'" + text + "' is none of it"));
        GroupMemberHandle device = locked("open " + member.name(), () -> prepare(member));
        try {
            device.opened(member.open(text, device.user()));
            return device;
        } catch (RuntimeException e) {
            closed(device);
            throw e;
        }
    }

    private GroupMemberHandle prepare(GroupMember member) {
        String act = "open " + member.name();
        if (container == null || container instanceof Type1Container type1 && !type1.ready()) {
            throw refused(Errno.EINVAL, act, "set its container" + (container == null ? "" : "'s IOMMU") + " first");
        }
        if (!group.dma().has(member)) {
            throw refused(Errno.ENODEV, act, "the device has gone");
        }
        group.checkRawIo(user, "open a device of");
        if (container instanceof Iommufd iommufd && !bound.containsKey(member)) {
            bind(iommufd, member, act);
        }
        GroupMemberHandle device = new GroupMemberHandle(this, member, user);
        devices.add(device);
        return device;
    }

    private void bind(Iommufd iommufd, GroupMember member, String act) {
        if (group.type() == GroupType.NO_IOMMU) {
            iommufd.compat().refuseTranslation(act);
            return;
        }
        BoundDevice device = iommufd.bind(group.attachment(), member, act);
        try {
            device.attach(iommufd.compat().ioas(act).id());
        } catch (RuntimeException e) {
            device.unbind();
            throw e;
        }
        bound.put(member, device);
    }

    /** Lets go of what only a device used that is closed now. */
    void closed(GroupMemberHandle device) {
        group.lock().exclusively(() -> {
            if (devices.remove(device)) {
                letGo(device.member());
            }
        });
    }

    private void letGo(GroupMember member) {
        BoundDevice unused = devices.stream().anyMatch(other -> other.member() == member) ? null : bound.remove(member);
        if (unused != null) {
            unused.unbind();
        }
        closeIfUnused();
    }

    /** Lets go of devices that were revoked: their users may never close them. */
    void forgetRevoked() {
        List<GroupMemberHandle> revoked = devices.stream().filter(GroupMemberHandle::revoked).toList();
        devices.removeAll(revoked);
        revoked.forEach(device -> letGo(device.member()));
    }

    private void closeIfUnused() {
        if (closed && devices.isEmpty()) {
            if (container != null) {
                leaveContainer();
            }
            group.closed();
        }
    }

    private <T> T locked(String act, Supplier<T> work) {
        return group.lock().exclusively(() -> {
            if (closed) {
                throw refused(Errno.EBADF, act, "the handle is closed; open the group again");
            }
            forgetRevoked();
            return work.get();
        });
    }

    private VfioException refused(Errno errno, String act, String why) {
        return new VfioException(errno, act + " of group " + group.id() + ": " + why);
    }

    @Override
    public void close() {
        group.lock().exclusively(() -> {
            if (!closed) {
                closed = true;
                forgetRevoked();
                closeIfUnused();
            }
        });
    }
}
