// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.bind;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DeviceSet;
import vfio.core.device.VfioDevice;
import vfio.pci.core.bus.HostDevice;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.id.HotResetInfo;
import vfio.pci.core.id.HotResetInfo.Dependent;
import vfio.pci.core.internal.function.HostBackend;
import vfio.pci.core.internal.function.RawBackend;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.slot.Functions;

/**
 * The reset of all functions of a bus together (vfio_pci_ioctl_pci_hot_reset, vfio_pci_core.c). It happens only where each of
 * them is a VFIO device of the same set, whatever its driver, and each is the asker's; the set's lock is held throughout. On
 * a host's bus the other side says what would be reset, judges and resets. The owners are checked here before that, since the
 * other side knows this program only, and not its users.
 */
public final class HotReset {
    private final Functions functions;

    HotReset(Functions functions) {
        this.functions = functions;
    }

    /**
     * Returns what would be reset, each function with its group.
     *
     * @throws VfioException ENODEV where the bus cannot be reset; EPERM where a function has no IOMMU group
     */
    public HotResetInfo info(FunctionSlot slot) {
        return new HotResetInfo(0, reached(slot).stream().map(one -> dependent(one, group(one))).toList());
    }

    /**
     * Returns what would be reset, each function with its device id.
     *
     * @param ids the device id of a function that is a VFIO device of the same set
     * @throws VfioException ENODEV where the bus cannot be reset
     */
    public HotResetInfo info(FunctionSlot slot, ToIntFunction<FunctionSlot> ids) {
        DeviceSet set = slot.live("hot reset of").set();
        List<Dependent> all = reached(slot).stream().map(one -> dependent(one,
                isMember(set, one) ? ids.applyAsInt(one) : HotResetInfo.NOT_OWNED)).toList();
        boolean owned = all.stream().noneMatch(one -> one.id() == HotResetInfo.NOT_OWNED);
        return new HotResetInfo(HotResetInfo.DEV_ID | (owned ? HotResetInfo.DEV_ID_OWNED : 0), all);
    }

    /**
     * Returns how many functions would be reset.
     *
     * @throws VfioException ENODEV where the bus cannot be reset
     */
    public int affected(FunctionSlot slot) {
        return reached(slot).size();
    }

    /**
     * Returns the functions that would be reset.
     *
     * @throws VfioException ENODEV where the bus cannot be reset, or the function of a host's bus is not open
     */
    public List<FunctionSlot> reached(FunctionSlot slot) {
        return slot.function().side().either(raw -> {
            requireBus(slot, raw);
            return functions.below(slot);
        }, host -> reachedOnHost(slot));
    }

    private List<FunctionSlot> reachedOnHost(FunctionSlot slot) {
        return onHost(slot).hotResetInfo().dependents().stream().map(Dependent::address).sorted()
                .map(address -> Optional.ofNullable(functions.at(slot.bus(), address)).orElseThrow(() -> new VfioException(
                        Errno.ENODEV, "hot reset of " + slot.name() + ": " + address + " would be reset too, and its bus has "
                        + "not announced it yet; try again"))).toList();
    }

    private static HostDevice onHost(FunctionSlot slot) {
        HostBackend host = Optional.ofNullable(slot.bound()).flatMap(Bound::host).orElseThrow(() -> new VfioException(
                VfioException.Kind.NOT_BOUND, Errno.ENODEV, "hot reset of " + slot.name()
                + ": no VFIO driver is bound; bind one first"));
        return host.live("hot reset of");
    }

    private static void requireBus(FunctionSlot slot, RawHardware raw) {
        if (!raw.busResettable()) {
            throw new VfioException(Errno.ENODEV, "hot reset of " + slot.name()
                    + ": its bus cannot be reset; it is a root bus, or its bridge does not");
        }
    }

    /** Returns the number by which users open the function's group; its bus may number the group otherwise. */
    private static int group(FunctionSlot slot) {
        int counted = slot.function().iommuGroup().orElseThrow(() -> new VfioException(Errno.EPERM,
                "hot reset: " + slot.name() + " would be reset, and has no IOMMU group to prove ownership by"));
        return slot.member() == null ? counted : slot.member().group().id();
    }

    private static Dependent dependent(FunctionSlot slot, int id) {
        Bound bound = slot.bound();
        String host = slot.function().host().map(PciFunction.Host::driver).orElse(null);
        return new Dependent(slot.function().address(), id, bound == null ? host : bound.driver().name(),
                bound == null || bound.vfio() == null ? List.of() : bound.vfio().users());
    }

    /**
     * Resets all functions of a function's bus.
     *
     * @param waits whether the asker waits for an exchange of a driver
     * @param owned whether a function is the asker's
     * @throws VfioException ENODEV as {@link #info}; EINVAL where a function is in no set with this one, or not the asker's;
     *     EBUSY where a user is switching a function's memory or resetting it; EAGAIN, of kind HELD, for an asker who does
     *     not wait; else why the reset failed
     */
    public void reset(FunctionSlot slot, boolean waits, Predicate<FunctionSlot> owned) {
        VfioDevice device = slot.live("hot reset of");
        Optional<RawHardware> hardware = slot.raw();
        hardware.ifPresent(raw -> requireBus(slot, raw));
        device.exclusively(waits, () -> hardware.ifPresentOrElse(
                raw -> resetRaw(slot, raw, device.set(), owned), () -> resetOnHost(slot, owned)));
    }

    private void resetRaw(FunctionSlot slot, RawHardware raw, DeviceSet set, Predicate<FunctionSlot> owned) {
        List<Member> all = new ArrayList<>();
        for (FunctionSlot other : functions.below(slot)) {
            all.add(member(set, other).orElseThrow(() -> new VfioException(Errno.EINVAL, "hot reset of " + slot.name() + ": "
                    + other.name() + " would be reset too, and is no VFIO device of the same bus; bind it to a VFIO driver "
                    + "first")));
            requireOwned(slot, other, owned);
        }
        resetAll(slot, raw, all);
    }

    private static void requireOwned(FunctionSlot slot, FunctionSlot other, Predicate<FunctionSlot> owned) {
        if (!owned.test(other)) {
            throw new VfioException(Errno.EINVAL, "hot reset of " + slot.name() + ": " + other.name()
                    + " would be reset too, and is not yours; open it, or its group, first");
        }
    }

    private void resetOnHost(FunctionSlot slot, Predicate<FunctionSlot> owned) {
        List<Bound> ours = new ArrayList<>();
        for (FunctionSlot other : reached(slot)) {
            requireOwned(slot, other, owned);
            Bound bound = other.bound();
            if (bound != null && bound.host().filter(HostBackend::isOpen).isPresent()) {
                ours.add(bound);
            }
        }
        onHost(slot).hotReset(ours.stream().map(bound -> bound.host().orElseThrow().live("hot reset of")).toList());
        ours.forEach(bound -> bound.vfio().wasReset());
    }

    private static boolean isMember(DeviceSet set, FunctionSlot slot) {
        Bound bound = slot.bound();
        return bound != null && bound.vfio() != null && bound.vfio().set() == set;
    }

    /** A function of the set with the device and backend read at one time, since it may be unbound meanwhile. */
    private record Member(String name, VfioDevice device, RawBackend function) {
    }

    private static Optional<Member> member(DeviceSet set, FunctionSlot slot) {
        Bound bound = slot.bound();
        return isMember(set, slot) && bound != null
                ? bound.raw().map(raw -> new Member(slot.name(), bound.vfio(), raw)) : Optional.empty();
    }

    private static void resetAll(FunctionSlot slot, RawHardware raw, List<Member> all) {
        Deque<RawBackend> locked = new ArrayDeque<>();
        try {
            for (Member other : all) {
                if (!other.function.beginReset()) {
                    throw new VfioException(Errno.EBUSY, "hot reset of " + slot.name() + ": the memory of " + other.name
                            + " is being switched or reset by its user; try again");
                }
                locked.push(other.function);
            }
            raw.resetBus();
            locked.forEach(RawBackend::wasReset);
        } finally {
            locked.forEach(RawBackend::endReset);
        }
    }

    /**
     * Resets the bus after a last close, with the set's lock held, where a function on it still needs a reset and nobody uses
     * any of them (vfio_pci_dev_set_try_reset).
     */
    void resetIfIdle(FunctionSlot closing, RawHardware raw) {
        if (closing.function().physicalFunction().isPresent() || !raw.busResettable()) {
            return;
        }
        Bound bound = closing.bound();
        if (bound == null || bound.vfio() == null) {
            return; // closed late: the function was unbound without waiting
        }
        List<Member> all = new ArrayList<>();
        boolean needed = false;
        for (FunctionSlot slot : functions.below(closing)) {
            Optional<Member> member = member(bound.vfio().set(), slot);
            if (member.isEmpty() || slot != closing && member.get().device.inUse()) {
                return;
            }
            all.add(member.get());
            needed |= member.get().function.needsReset();
        }
        if (needed) {
            try {
                resetAll(closing, raw, all);
            } catch (VfioException e) {
                System.getLogger(HotReset.class.getName()).log(System.Logger.Level.DEBUG, e.getMessage());
            }
        }
    }
}
