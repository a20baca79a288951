// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.open;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.iommu.DirectHandle;
import vfio.iommu.GroupHandle;
import vfio.iommu.IommuGroup;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.slot.IommuMembers;

/**
 * The test whether a function is the asker's by the groups whose handles the asker has (vfio_dev_in_groups, vfio_pci_core.c).
 * Of a group that the asker has opened all functions are; of a group that nobody has opened as such, those that the asker
 * alone or nobody has open.
 */
final class Ownership implements Predicate<FunctionSlot> {
    private final String act;
    private final Function<DeviceHandle, FunctionSlot> slots;
    private final Set<IommuGroup> opened = new HashSet<>();
    private final Set<IommuGroup> named = new HashSet<>();
    /** Groups of a host; a host opens them by their functions only. */
    private final Set<HostGroup> onHost = new HashSet<>();
    private final List<DeviceHandle> devices = new ArrayList<>();

    private record HostGroup(PciBus bus, int number) {
        static Optional<HostGroup> of(FunctionSlot slot) {
            OptionalInt number = slot.function().iommuGroup();
            return slot.raw().isEmpty() && number.isPresent()
                    ? Optional.of(new HostGroup(slot.bus(), number.getAsInt())) : Optional.empty();
        }
    }

    /**
     * Reads the handles that the asker has given.
     *
     * @param given handles of groups, or of functions that were opened as members of their groups
     * @param slots the function of a handle
     * @throws VfioException EBADF for a handle that is closed; EINVAL for one that stands for no group
     */
    Ownership(String act, Collection<? extends AutoCloseable> given, Function<DeviceHandle, FunctionSlot> slots) {
        this.act = act;
        this.slots = slots;
        given.forEach(this::add);
    }

    private void add(AutoCloseable handle) {
        if (handle instanceof GroupHandle group) {
            require(group.isOpen(), Errno.EBADF, "the handle of group " + group.group().id() + " is closed");
            opened.add(group.group());
        } else if (handle instanceof DeviceHandle device) {
            add(device);
        } else {
            throw new VfioException(Errno.EINVAL, act + "what is given is no handle of a group");
        }
    }

    private void add(DeviceHandle device) {
        require(device.isOpen(), Errno.EBADF, "the handle of " + device.deviceName() + " is closed");
        FunctionSlot slot = slots.apply(device);
        Bound bound = slot.bound();
        boolean direct = device instanceof DirectHandle || bound != null && bound.vfio() != null && bound.vfio().direct();
        require(!direct, Errno.EINVAL, slot.name() + " is open directly, so that its handle stands for no group");
        Optional<GroupHandle> group = GroupHandle.of(device);
        if (group.isPresent()) {
            opened.add(group.get().group());
        } else {
            Optional.ofNullable(slot.member()).map(IommuMembers.Member::group).ifPresent(named::add);
            HostGroup.of(slot).ifPresent(onHost::add);
            devices.add(device);
        }
    }

    private void require(boolean fulfilled, Errno errno, String why) {
        if (!fulfilled) {
            throw new VfioException(errno, act + why);
        }
    }

    @Override
    public boolean test(FunctionSlot slot) {
        Bound bound = slot.bound();
        if (HostGroup.of(slot).filter(onHost::contains).isPresent()) {
            return bound == null || bound.vfio() == null || bound.vfio().heldOnlyBy(devices);
        }
        if (slot.member() == null || bound == null || bound.vfio() == null) {
            return false;
        }
        IommuGroup group = slot.member().group();
        return opened.contains(group) || named.contains(group) && !group.inUse() && bound.vfio().heldOnlyBy(devices);
    }
}
