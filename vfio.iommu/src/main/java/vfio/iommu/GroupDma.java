// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.iova.IovaRange;

/**
 * The DMA of a group's devices: who owns it, and the domain that all of them are in, as the kernel's
 * {@code struct iommu_group} (drivers/iommu/iommu.c). All of it is under the {@link IommuLock}.
 */
final class GroupDma {
    private final int id;
    private final GroupType type;
    private final IommuSettings settings;
    private final Map<String, GroupMember> members = new LinkedHashMap<>();
    /** The user that owns the DMA, and how often that user has claimed it; null while no user of VFIO owns it. */
    private Object owner;
    private int claims;
    private int hostDrivers;
    private Domain domain;

    GroupDma(int id, GroupType type, IommuSettings settings) {
        this.id = id;
        this.type = type;
        this.settings = settings;
    }

    int id() {
        return id;
    }

    GroupType type() {
        return type;
    }

    List<GroupMember> members() {
        return List.copyOf(members.values());
    }

    /** Returns the member of a name, or null. */
    GroupMember member(String name) {
        return members.get(name);
    }

    boolean has(GroupMember member) {
        return members.get(member.name()) == member;
    }

    /** @throws VfioException EEXIST where the group has a device of this name */
    void add(GroupMember member) {
        if (members.putIfAbsent(member.name(), member) != null) {
            throw new VfioException(Errno.EEXIST, "add " + member.name() + " to group " + id + ": it is in it");
        }
        member.endpoint().attach(domain);
    }

    /**
     * Removes a device, which then reaches no memory.
     *
     * @return whether there was a device of this name
     */
    boolean remove(String name) {
        GroupMember gone = members.remove(name);
        if (gone != null) {
            gone.endpoint().attach(null);
        }
        return gone != null;
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    /** Tells whether no member has a driver that does DMA of its own, and no user owns the group. */
    boolean viable() {
        return owner == null && !driven();
    }

    private boolean driven() {
        return hostDrivers > 0 || members.values().stream().anyMatch(member -> member.use() == GroupMember.Use.DRIVER);
    }

    /**
     * Counts a driver that uses the group's DMA itself, until {@link #endHostDriver}.
     *
     * @throws VfioException EBUSY while a user owns the group
     */
    void beginHostDriver() {
        if (owner != null) {
            throw new VfioException(Errno.EBUSY, "use the DMA of group " + id
                    + ": a VFIO user owns it; close that first");
        }
        hostDrivers++;
    }

    void endHostDriver() {
        hostDrivers--;
    }

    /**
     * Takes the group's DMA for an owner, who may do so more than once ({@code iommu_group_claim_dma_owner}). Without an
     * IOMMU there is nothing to take.
     *
     * @throws VfioException EPERM where a driver of the host uses the group or another user owns it; EBUSY where a device
     *     is in a domain outside of VFIO, or uses PASIDs
     */
    void claim(Object by, String act) {
        if (type != GroupType.IOMMU) {
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

    /** Undoes one {@link #claim}. */
    void release() {
        if (type == GroupType.IOMMU && --claims == 0) {
            owner = null;
        }
    }

    /** @throws VfioException EPERM where an interrupt message may reach another device's vectors */
    void checkIsolated(String act) {
        boolean isolated = type != GroupType.IOMMU || settings.unsafeInterrupts()
                || members.values().stream().allMatch(member -> member.endpoint().traits().isolatedMsi());
        if (!isolated) {
            throw new VfioException(Errno.EPERM, act + " group " + id + ": interrupt messages of its devices are not "
                    + "isolated; allow unsafe interrupts only where all users trust each other");
        }
    }

    /** Returns the addresses that must stay unmapped for the group's devices. */
    List<IovaRange> reserved() {
        List<IovaRange> ranges = new ArrayList<>();
        if (type == GroupType.IOMMU) {
            ranges.add(IovaRange.MSI_WINDOW);
            for (GroupMember member : members.values()) {
                ranges.addAll(member.endpoint().traits().reserved());
                ranges.addAll(member.endpoint().traits().aperture().outside());
            }
        }
        return ranges;
    }

    /** Puts all devices into a domain, or into none for null. */
    void attach(Domain next) {
        domain = next;
        members.values().forEach(member -> member.endpoint().attach(next));
    }
}
