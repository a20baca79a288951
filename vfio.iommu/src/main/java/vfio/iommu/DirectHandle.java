// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.OptionalInt;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;

/**
 * A handle of a device opened for one user alone, as by the device's character device. The device is reached only between
 * {@link #bind} and {@link #close}: until then the calls of the handle answer EINVAL.
 */
public final class DirectHandle extends ForwardingHandle {
    private final IommuGroup group;
    private final GroupMember member;
    private final VfioUser user;
    private BoundDevice bound;
    private boolean closed;
    /** Null until bound and opened. */
    private volatile DeviceHandle handle;

    DirectHandle(IommuGroup group, GroupMember member, VfioUser user) {
        this.group = group;
        this.member = member;
        this.user = user;
    }

    /**
     * Returns a handle as one that can be bound.
     *
     * @throws VfioException EINVAL for a handle obtained through a group
     */
    public static DirectHandle of(DeviceHandle handle) {
        if (handle instanceof DirectHandle direct) {
            return direct;
        }
        throw new VfioException(Errno.EINVAL, "bind " + handle.deviceName() + ": it was opened through its group, which is "
                + "in a container");
    }

    /**
     * Takes the device for an iommufd and opens it (BIND_IOMMUFD).
     *
     * @param iommufd what {@link Iommu#openIommufd} has opened
     * @param flags 0
     * @return the device's id in the iommufd
     * @throws VfioException EINVAL for a flag, null, or a device that is bound; EBADF where the iommufd is closed; EBADFD
     *     where it is none; EBUSY where the group is open, or a device of it is in a domain outside of VFIO or uses PASIDs;
     *     EPERM where one is on a driver of the host, another user owns the group, or interrupts are not isolated; else
     *     what opening the device answers, with nothing bound
     */
    public int bind(AutoCloseable iommufd, int flags) {
        BoundDevice taken = take(iommufd, flags);
        try {
            DeviceHandle opened = member.openDirect(user());
            if (!taken(opened)) { // closed meanwhile
                opened.close();
                throw refused(Errno.EBADF, "bind", "the handle was closed meanwhile");
            }
            return taken.id();
        } catch (RuntimeException e) {
            letGo();
            throw e;
        }
    }

    private BoundDevice take(AutoCloseable iommufd, int flags) {
        return group.lock().exclusively(() -> {
            if (flags != 0 || iommufd == null) {
                throw refused(Errno.EINVAL, "bind", flags != 0 ? "no flag is known" : "no iommufd is given");
            }
            ensureOpen("bind");
            if (group.isOpen()) {
                throw refused(Errno.EBUSY, "bind", "its group " + group.id() + " is open; close that first");
            }
            if (bound != null) {
                throw refused(Errno.EINVAL, "bind", "it is bound");
            }
            if (!(iommufd instanceof Iommufd context)) {
                throw refused(Errno.EBADFD, "bind", "what is given is no iommufd");
            }
            if (context.closed()) {
                throw refused(Errno.EBADF, "bind", "the iommufd is closed; open another");
            }
            if (!group.dma().has(member)) {
                throw refused(Errno.ENODEV, "bind", "the device has gone");
            }
            bound = context.bind(group.attachment(), member, "bind " + member.name());
            group.bound(this);
            return bound;
        });
    }

    private boolean taken(DeviceHandle opened) {
        return group.lock().exclusively(() -> {
            if (!closed) {
                handle = opened;
            }
            return !closed;
        });
    }

    private VfioUser user() {
        return new VfioUser() {
            @Override
            public String name() {
                return user.name();
            }

            @Override
            public boolean waits() {
                return user.waits();
            }

            @Override
            public void requested(DeviceHandle inner) {
                user.requested(DirectHandle.this);
            }
        };
    }

    /**
     * Attaches the device's group to an IOAS or a page table, in place of the former one (ATTACH_IOMMUFD_PT).
     *
     * @return the id of the page table
     * @throws VfioException EINVAL before {@link #bind}, for an object that is neither, or where another device of the group
     *     is attached elsewhere; ENOENT where there is none of this id; EADDRINUSE where reserved ranges are mapped
     */
    public int attach(int id) {
        return group.lock().exclusively(() -> liveBound("attach").attach(id));
    }

    /**
     * Detaches the device (DETACH_IOMMUFD_PT): DMA is blocked once no device of the group is attached.
     *
     * @throws VfioException EINVAL before bind
     */
    public void detach() {
        group.lock().exclusively(() -> liveBound("detach").detach());
    }

    /**
     * Returns the id of a device in the iommufd that this one is bound to (vfio_iommufd_get_dev_id).
     *
     * @param of the device's group
     * @return 1 or more; empty where the device is not bound there, or this one nowhere
     */
    public OptionalInt deviceId(IommuGroup of, String device) {
        return group.lock().exclusively(() -> bound == null ? OptionalInt.empty() : bound.idOf(of.dma(), device));
    }

    /** Tells whether any device of a group is bound to the iommufd that this one is bound to. */
    public boolean owns(IommuGroup of) {
        return group.lock().exclusively(() -> bound != null && bound.owns(of.dma()));
    }

    private BoundDevice liveBound(String act) {
        ensureOpen(act);
        live(act);
        if (bound == null) {
            throw refused(Errno.ENODEV, act, "the device has gone");
        }
        return bound;
    }

    @Override
    DeviceHandle live(String act) {
        DeviceHandle opened = handle;
        if (opened == null) {
            throw refused(Errno.EINVAL, act, "bind it to an iommufd first");
        }
        return opened;
    }

    @Override
    GroupMember member() {
        return member;
    }

    @Override
    public String deviceName() {
        return member.name();
    }

    /** Tells whether the handle is bound and neither closed nor revoked. */
    @Override
    public boolean isOpen() {
        DeviceHandle opened = handle;
        return opened != null && opened.isOpen();
    }

    private void ensureOpen(String act) {
        if (closed) {
            throw refused(Errno.EBADF, act, "the handle is closed; open the device again");
        }
    }

    private VfioException refused(Errno errno, String act, String why) {
        return new VfioException(errno, act + " " + member.name() + ": " + why);
    }

    /** Lets go of a device that was revoked: its user may never close the handle. Under the {@link IommuLock}. */
    void forgetIfRevoked() {
        if (handle != null && !handle.isOpen()) {
            letGo();
        }
    }

    private void letGo() {
        group.lock().exclusively(() -> {
            if (bound != null) {
                bound.unbind();
                bound = null;
                group.unbound(this);
            }
        });
    }

    /** Closes the device, then takes it out of its domain. A second close does nothing. */
    @Override
    public void close() {
        DeviceHandle opened = group.lock().exclusively(() -> {
            closed = true;
            return handle;
        });
        if (opened != null) {
            opened.close();
            letGo();
        }
    }
}
