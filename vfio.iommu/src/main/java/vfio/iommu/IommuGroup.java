// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.VfioUser;
import vfio.core.iova.IovaRange;

/**
 * Devices that the IOMMU cannot tell apart: they share one domain and one owner. Lives while it has a member; all of it is
 * under the {@link Iommu}'s lock.
 */
public final class IommuGroup {

    /** What translates its devices' DMA, as the kernel's {@code enum vfio_group_type}. */
    public enum Type {
        /** An IOMMU. */
        IOMMU,
        /** Its driver, by software; the device has no IOMMU of its own (mediated devices). */
        EMULATED_IOMMU,
        /** Nothing: whoever opens it needs the right to raw I/O. */
        NO_IOMMU
    }

    private final Iommu iommu;
    private final int id;
    private final Type type;
    private final Map<String, GroupMember> members = new LinkedHashMap<>();
    private final List<DirectHandle> direct = new ArrayList<>();
    private GroupHandle opened;
    /** Who owns the group's DMA, and how often it says so; null while nobody of VFIO does. */
    private Object owner;
    private int claims;
    private int hostDrivers;
    private Domain domain;
    private final GroupAttachment attachment = new GroupAttachment(this);

    IommuGroup(Iommu iommu, int id, Type type) {
        this.iommu = iommu;
        this.id = id;
        this.type = type;
    }

    public int id() {
        return id;
    }

    public Type type() {
        return type;
    }

    Iommu iommu() {
        return iommu;
    }

    /** Names of its devices. */
    public List<String> memberNames() {
        return members().stream().map(GroupMember::name).toList();
    }

    List<GroupMember> members() {
        iommu.lock.lock();
        try {
            return List.copyOf(members.values());
        } finally {
            iommu.lock.unlock();
        }
    }

    /**
     * Opens the group, as of {@code /dev/vfio/GROUP}.
     *
     * @throws VfioException EBUSY where it is open, or one of its devices is bound directly; EPERM where it has no IOMMU and
     *     the user no right to raw I/O; ENODEV where its last device has gone
     */
    public GroupHandle open(VfioUser user) {
        iommu.lock.lock();
        try {
            checkRawIo(user, "open");
            if (members.isEmpty()) {
                throw new VfioException(Errno.ENODEV, "open group " + id + ": its last device has gone");
            }
            forgetRevoked();
            if (opened != null || !direct.isEmpty()) {
                throw new VfioException(Errno.EBUSY, "open group " + id + ": " + (opened != null ? "it is open"
                        : "its device " + direct.get(0).deviceName() + " is open directly") + "; close that first");
            }
            opened = new GroupHandle(this, user);
            return opened;
        } finally {
            iommu.lock.unlock();
        }
    }

    /**
     * Opens a device of the group for one user alone, as of {@code /dev/vfio/devices/vfioN}. Nothing is taken until it is
     * bound to an iommufd.
     *
     * @throws VfioException ENODEV where the group has no such device, or has no IOMMU
     */
    public DirectHandle openDirect(String name, VfioUser user) {
        iommu.lock.lock();
        try {
            GroupMember member = members.get(name);
            if (member == null || type == Type.NO_IOMMU) {
                throw new VfioException(Errno.ENODEV, "open " + name + " directly: " + (member == null
                        ? "it is not in group " + id : "without IOMMU that is not available; open its group"));
            }
            return new DirectHandle(this, member, user);
        } finally {
            iommu.lock.unlock();
        }
    }

    /**
     * A driver of the host, or one of ours that uses a device itself, begins to use the group's DMA.
     *
     * @return ends that
     * @throws VfioException EBUSY while a user owns the group
     */
    public AutoCloseable useDefaultDomain() {
        iommu.lock.lock();
        try {
            if (owner != null) {
                throw new VfioException(Errno.EBUSY, "use the DMA of group " + id
                        + ": a VFIO user owns it; close that first");
            }
            hostDrivers++;
        } finally {
            iommu.lock.unlock();
        }
        boolean[] ended = new boolean[1];
        return () -> {
            iommu.lock.lock();
            try {
                hostDrivers -= ended[0] ? 0 : 1;
                ended[0] = true;
            } finally {
                iommu.lock.unlock();
            }
        };
    }

    void checkRawIo(VfioUser user, String act) {
        if (type == Type.NO_IOMMU && !iommu.settings().rawIo().test(user)) {
            throw new VfioException(Errno.EPERM, act + " group " + id + ": it has no IOMMU, and " + user.name()
                    + " has no right to raw I/O");
        }
    }

    void add(GroupMember member) {
        if (members.putIfAbsent(member.name(), member) != null) {
            throw new VfioException(Errno.EEXIST, "add " + member.name() + " to group " + id + ": it is in it");
        }
        member.endpoint().attach(domain);
    }

    /** @return whether it was the last */
    boolean remove(String name) {
        GroupMember gone = members.remove(name);
        if (gone != null) {
            gone.endpoint().attach(null);
            forgetRevoked();
        }
        return gone != null && members.isEmpty();
    }

    boolean has(GroupMember member) {
        return members.get(member.name()) == member;
    }

    /** Viable: no member has a driver that does DMA of its own, and nobody else owns the group. */
    boolean viable() {
        return owner == null && !driven();
    }

    private boolean driven() {
        return hostDrivers > 0 || members.values().stream().anyMatch(member -> member.use() == GroupMember.Use.DRIVER);
    }

    /** Takes the group's DMA for an owner, who may do so more than once. Without an IOMMU there is nothing to take. */
    void claim(Object by, String act) {
        if (type != Type.IOMMU) {
            return;
        }
        if (driven() || owner != null && owner != by) {
            throw new VfioException(Errno.EPERM, act + " of group " + id + ": " + (owner != null ? "another user owns it"
                    : "one of its devices has a driver that uses it; unbind all of " + members.keySet()));
        }
        if (owner == null && members.values().stream().anyMatch(one -> one.inForeignDomain() || one.usesPasids())) {
            throw new VfioException(Errno.EBUSY, act + " of group " + id
                    + ": one of its devices is in a domain outside of VFIO, or uses PASIDs");
        }
        owner = by;
        claims++;
    }

    void release() {
        if (type == Type.IOMMU && --claims == 0) {
            owner = null;
        }
    }

    /** @throws VfioException EPERM where an interrupt message may reach what is not the device's */
    void checkIsolated(String act) {
        boolean isolated = type != Type.IOMMU || iommu.settings().unsafeInterrupts()
                || members.values().stream().allMatch(member -> member.endpoint().traits().isolatedMsi());
        if (!isolated) {
            throw new VfioException(Errno.EPERM, act + " group " + id + ": interrupt messages of its devices are not "
                    + "isolated; allow unsafe interrupts only where all users trust each other");
        }
    }

    /** What must stay unmapped for its devices. */
    List<IovaRange> reserved() {
        List<IovaRange> ranges = new ArrayList<>();
        if (type == Type.IOMMU) {
            ranges.add(IovaRange.MSI_WINDOW);
            for (GroupMember member : members.values()) {
                ranges.addAll(member.endpoint().traits().reserved());
                ranges.addAll(member.endpoint().traits().aperture().outside());
            }
        }
        return ranges;
    }

    /** Puts all devices into a domain, or into none. */
    void attach(Domain next) {
        domain = next;
        members.values().forEach(member -> member.endpoint().attach(next));
    }

    GroupAttachment attachment() {
        return attachment;
    }

    /** Whether a user has opened it, or one of its devices directly. */
    public boolean inUse() {
        iommu.lock.lock();
        try {
            return isOpen() || !direct.isEmpty();
        } finally {
            iommu.lock.unlock();
        }
    }

    boolean isOpen() {
        forgetRevoked();
        return opened != null;
    }

    /** Lets go of what only devices hold that have been revoked. */
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
