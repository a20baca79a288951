// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.VfioUser;

/**
 * A group of devices that the IOMMU cannot tell apart, as users open it: the devices share one domain and one owner. It lives
 * while it has a member; all of it is under the {@link Iommu}'s lock.
 */
public final class IommuGroup {
    private final IommuLock lock;
    private final IommuSettings settings;
    private final GroupDma dma;
    private final GroupAttachment attachment;
    private final List<DirectHandle> direct = new ArrayList<>();
    private GroupHandle opened;

    IommuGroup(IommuLock lock, IommuSettings settings, int id, GroupType type) {
        this.lock = lock;
        this.settings = settings;
        dma = new GroupDma(id, type, settings);
        attachment = new GroupAttachment(dma);
    }

    /** Returns the group's number. */
    public int id() {
        return dma.id();
    }

    /** Returns what translates the devices' DMA. */
    GroupType type() {
        return dma.type();
    }

    IommuLock lock() {
        return lock;
    }

    GroupDma dma() {
        return dma;
    }

    GroupAttachment attachment() {
        return attachment;
    }

    /** Returns the names of the group's devices. */
    public List<String> memberNames() {
        return members().stream().map(GroupMember::name).toList();
    }

    List<GroupMember> members() {
        return lock.exclusively(dma::members);
    }

    /**
     * Opens the group, as of {@code /dev/vfio/GROUP}.
     *
     * @throws VfioException EBUSY where it is open, or one of its devices is bound directly; EPERM where it has no IOMMU and
     *     the user no right to raw I/O; ENODEV where its last device has gone
     */
    public GroupHandle open(VfioUser user) {
        return lock.exclusively(() -> {
            checkRawIo(user, "open");
            if (dma.isEmpty()) {
                throw new VfioException(Errno.ENODEV, "open group " + id() + ": its last device has gone");
            }
            forgetRevoked();
            if (opened != null || !direct.isEmpty()) {
                throw new VfioException(Errno.EBUSY, "open group " + id() + ": " + (opened != null ? "it is open"
                        : "its device " + direct.get(0).deviceName() + " is open directly") + "; close that first");
            }
            opened = new GroupHandle(this, user);
            return opened;
        });
    }

    /**
     * Opens a device of the group for one user alone, as of {@code /dev/vfio/devices/vfioN}. Nothing is taken until the
     * handle is bound to an iommufd.
     *
     * @throws VfioException ENODEV where the group has no such device, or has no IOMMU
     */
    public DirectHandle openDirect(String name, VfioUser user) {
        return lock.exclusively(() -> {
            GroupMember member = dma.member(name);
            if (member == null || type() == GroupType.NO_IOMMU) {
                throw new VfioException(Errno.ENODEV, "open " + name + " directly: " + (member == null
                        ? "it is not in group " + id() : "without IOMMU that is not available; open its group"));
            }
            return new DirectHandle(this, member, user);
        });
    }

    /**
     * Begins the use of the group's DMA by a driver of the host, or by a driver of ours that uses a device itself.
     *
     * @return ends the use when it is closed
     * @throws VfioException EBUSY while a user owns the group
     */
    public AutoCloseable useDefaultDomain() {
        lock.exclusively(dma::beginHostDriver);
        boolean[] ended = new boolean[1];
        return () -> lock.exclusively(() -> {
            if (!ended[0]) {
                ended[0] = true;
                dma.endHostDriver();
            }
        });
    }

    /** @throws VfioException EPERM where the group has no IOMMU and the user no right to raw I/O */
    void checkRawIo(VfioUser user, String act) {
        if (type() == GroupType.NO_IOMMU && !settings.rawIo().test(user)) {
            throw new VfioException(Errno.EPERM, act + " group " + id() + ": it has no IOMMU, and " + user.name()
                    + " has no right to raw I/O");
        }
    }

    /**
     * Removes a device.
     *
     * @return whether it was the last
     */
    boolean remove(String name) {
        boolean removed = dma.remove(name);
        if (removed) {
            forgetRevoked();
        }
        return removed && dma.isEmpty();
    }

    /** Tells whether a user has opened the group, or has bound one of its devices directly. */
    public boolean inUse() {
        return lock.exclusively(() -> isOpen() || !direct.isEmpty());
    }

    boolean isOpen() {
        forgetRevoked();
        return opened != null;
    }

    /** Lets go of what only revoked devices hold: their users may never close them. */
    private void forgetRevoked() {
        if (opened != null) {
            opened.forgetRevoked();
        }
        List.copyOf(direct).forEach(DirectHandle::forgetIfRevoked);
    }

    void closed() {
        opened = null;
    }

    void bound(DirectHandle device) {
        direct.add(device);
    }

    void unbound(DirectHandle device) {
        direct.remove(device);
    }
}
