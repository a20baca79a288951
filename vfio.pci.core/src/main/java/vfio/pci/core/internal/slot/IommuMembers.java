// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import vfio.core.Errno;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.iommu.DmaEndpoint;
import vfio.iommu.GroupMember;
import vfio.iommu.Iommu;
import vfio.iommu.IommuGroup;
import vfio.pci.core.bus.DmaAccess;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.sriov.OpenName;

/**
 * The members of the core's own IOMMU: the functions of raw buses, in groups. Functions of a host's bus are behind the host's
 * IOMMU. DMA at an address that is not mapped for that access is event {@code dma-fault}.
 */
public final class IommuMembers {
    /** The first number for groups whose number on their bus another bus had before. */
    private static final int RENUMBERED = 1 << 24;

    private final Iommu iommu;
    private final Opener opener;
    private final EventLog events;
    private final Map<Place, Integer> numbers = new HashMap<>();
    /** The values of {@link #numbers}: there may be as many groups as functions. */
    private final Set<Integer> taken = new HashSet<>();
    private final Map<FunctionSlot, Integer> groups = new HashMap<>();

    /** An opener of functions for users that come by a group. */
    public interface Opener {
        /** Opens a function among others, as {@link vfio.pci.core.user.VfioPciDevices#open}. */
        DeviceHandle open(String text, VfioUser user);

        /** Opens a function for one user alone, as {@link vfio.pci.core.user.VfioPciDevices#openDirect}. */
        DeviceHandle openDirect(String text, VfioUser user);
    }

    /** The group's number on its bus. */
    private record Place(PciBus bus, int number) {
    }

    public IommuMembers(Iommu iommu, Opener opener, EventLog events) {
        this.iommu = iommu;
        this.opener = opener;
        this.events = events;
    }

    public Iommu iommu() {
        return iommu;
    }

    public void added(FunctionSlot slot) {
        OptionalInt number = slot.function().iommuGroup();
        if (slot.raw().isPresent() && number.isPresent()) {
            Member member = new Member(slot);
            int group = number(new Place(slot.bus(), number.getAsInt()));
            member.group = iommu.add(group, member);
            slot.member(member);
            synchronized (this) {
                groups.put(slot, group);
            }
        }
    }

    /** Returns the group's number: the one on its bus, unless another bus has that number. */
    private synchronized int number(Place place) {
        Integer known = numbers.get(place);
        if (known == null) {
            known = taken.contains(place.number) ? RENUMBERED + numbers.size() : place.number;
            numbers.put(place, known);
            taken.add(known);
        }
        return known;
    }

    public void removed(FunctionSlot slot) {
        Integer group;
        synchronized (this) {
            group = groups.remove(slot);
        }
        if (group != null) {
            iommu.remove(group, slot.address());
        }
    }

    /** Forgets a bus that is gone, after its functions were removed. */
    public synchronized void forget(PciBus bus) {
        numbers.keySet().removeIf(place -> place.bus == bus);
        taken.clear();
        taken.addAll(numbers.values());
    }

    /** The membership of one function. */
    public final class Member implements GroupMember, DmaAccess {
        private final FunctionSlot slot;
        private final DmaEndpoint endpoint;
        /** Set before any other thread sees the member. */
        private IommuGroup group;

        private Member(FunctionSlot slot) {
            this.slot = slot;
            endpoint = new DmaEndpoint(slot.address(), fault -> events.record("dma-fault", slot.name(), fault));
        }

        public FunctionSlot slot() {
            return slot;
        }

        public IommuGroup group() {
            return group;
        }

        @Override
        public String name() {
            return slot.address();
        }

        @Override
        public DmaEndpoint endpoint() {
            return endpoint;
        }

        @Override
        public Use use() {
            Bound bound = slot.bound();
            return bound == null ? Use.UNBOUND : bound.vfio() == null ? Use.DRIVER : Use.VFIO;
        }

        @Override
        public boolean matches(String text) {
            return OpenName.parse(text).function().equals(name());
        }

        @Override
        public DeviceHandle open(String text, VfioUser user) {
            return opener.open(slot.bus().name() + "/" + text, user);
        }

        @Override
        public DeviceHandle openDirect(VfioUser user) {
            return opener.openDirect(slot.name(), user);
        }

        @Override
        public void read(long iova, ByteBuffer target) {
            if (!endpoint.read(iova, target)) {
                throw blocked("read", iova);
            }
        }

        @Override
        public void write(long iova, ByteBuffer source) {
            if (!endpoint.write(iova, source)) {
                throw blocked("write", iova);
            }
        }

        private VfioException blocked(String act, long iova) {
            return new VfioException(Errno.EFAULT, "DMA of " + slot.name() + ": " + act + " at 0x" + Long.toHexString(iova)
                    + ": not all of it is mapped for that; event dma-fault says where");
        }
    }
}
