// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;

/** A device opened through its group: the device's own handle, and its place in the group until it is closed. */
final class GroupMemberHandle extends ForwardingHandle {
    private final GroupHandle group;
    private final GroupMember member;
    private final VfioUser user;
    /** Null until the device has answered. */
    private volatile DeviceHandle handle;

    GroupMemberHandle(GroupHandle group, GroupMember member, VfioUser user) {
        this.group = group;
        this.member = member;
        this.user = user;
    }

    void opened(DeviceHandle opened) {
        handle = opened;
    }

    GroupHandle group() {
        return group;
    }

    @Override
    GroupMember member() {
        return member;
    }

    /** The user as the device sees it: asked to let go of this handle, not of the device's own. */
    VfioUser user() {
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
                user.requested(GroupMemberHandle.this);
            }
        };
    }

    boolean revoked() {
        DeviceHandle opened = handle;
        return opened != null && !opened.isOpen();
    }

    @Override
    DeviceHandle live(String act) {
        DeviceHandle opened = handle;
        if (opened == null) {
            throw new VfioException(Errno.ENODEV, act + " of " + deviceName() + ": it is being opened");
        }
        return opened;
    }

    @Override
    public String deviceName() {
        return member.name();
    }

    @Override
    public boolean isOpen() {
        DeviceHandle opened = handle;
        return opened != null && opened.isOpen();
    }

    @Override
    public void close() {
        live("close").close();
        group.closed(this);
    }
}
