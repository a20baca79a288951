// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import vfio.core.DeviceSet;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.HotResetInfo;
import vfio.pci.core.HotResetInfo.Dependent;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.internal.FunctionSlot.Bound;
import vfio.pci.core.internal.function.RawFunction;

/**
 * Resets all functions of a bus together (vfio_pci_ioctl_pci_hot_reset, vfio_pci_core.c): only where each of them is a VFIO
 * device of the same set, whatever its driver, and all are the asker's. The set's lock is held throughout.
 */
final class HotReset {
    private final Functions functions;

    HotReset(Functions functions) {
        this.functions = functions;
    }

    /**
     * What would be reset.
     *
     * @throws VfioException ENODEV where the bus cannot be reset; EPERM where a function has no IOMMU group
     */
    HotResetInfo info(FunctionSlot slot) {
        requireBus(slot);
        return new HotResetInfo(functions.below(slot).stream().map(HotReset::dependent).toList());
    }

    private static void requireBus(FunctionSlot slot) {
        if (slot.bus().virtualization() != Virtualization.RAW || !slot.function().raw().busResettable()) {
            throw new VfioException(Errno.ENODEV, "hot reset of " + slot.name()
                    + ": its bus cannot be reset; it is a root bus, or its bridge does not");
        }
    }

    private static Dependent dependent(FunctionSlot slot) {
        int group = slot.function().iommuGroup().orElseThrow(() -> new VfioException(Errno.EPERM,
                "hot reset: " + slot.name() + " would be reset, and has no IOMMU group to prove ownership by"));
        Bound bound = slot.bound();
        return new Dependent(slot.function().address(), group, bound == null ? null : bound.driver().name(),
                bound == null || bound.vfio() == null ? List.of() : bound.vfio().users());
    }

    /**
     * Resets them.
     *
     * @param owned whether a function is the asker's
     * @throws VfioException ENODEV as {@link #info}; EINVAL where a function is in no set with this one, or not the asker's;
     *     EBUSY where one is being used in a way that a reset must not meet; else why the reset failed
     */
    void reset(FunctionSlot slot, Predicate<FunctionSlot> owned) {
        requireBus(slot);
        Bound bound = slot.bound();
        bound.vfio().exclusively(() -> {
            List<FunctionSlot> all = functions.below(slot);
            for (FunctionSlot other : all) {
                requireMember(slot, other);
                if (!owned.test(other)) {
                    throw new VfioException(Errno.EINVAL, "hot reset of " + slot.name() + ": " + other.name()
                            + " would be reset too, and is not yours; open it, or its group, first");
                }
            }
            resetAll(slot, all);
        });
    }

    private static void requireMember(FunctionSlot slot, FunctionSlot other) {
        Bound bound = other.bound();
        DeviceSet set = slot.bound().vfio().set();
        if (bound == null || bound.vfio() == null || bound.vfio().set() != set) {
            throw new VfioException(Errno.EINVAL, "hot reset of " + slot.name() + ": " + other.name()
                    + " would be reset too, and is no VFIO device of the same bus; bind it to a VFIO driver first");
        }
    }

    private static void resetAll(FunctionSlot slot, List<FunctionSlot> all) {
        Deque<RawFunction> locked = new ArrayDeque<>();
        try {
            for (FunctionSlot other : all) {
                RawFunction function = raw(other).orElseThrow();
                if (!function.beginReset()) {
                    throw new VfioException(Errno.EBUSY, "hot reset of " + slot.name() + ": the memory of " + other.name()
                            + " is being switched or reset by its user; try again");
                }
                locked.push(function);
            }
            slot.function().raw().resetBus();
            locked.forEach(RawFunction::wasReset);
        } finally {
            locked.forEach(RawFunction::endReset);
        }
    }

    private static Optional<RawFunction> raw(FunctionSlot slot) {
        Bound bound = slot.bound();
        return bound != null && bound.backend() instanceof RawFunction raw ? Optional.of(raw) : Optional.empty();
    }

    /**
     * After a last close, with the set's lock held: resets the bus where a function on it still needs that and nobody uses
     * any (vfio_pci_dev_set_try_reset).
     */
    void resetIfIdle(FunctionSlot closing) {
        if (closing.function().physicalFunction().isPresent() || !closing.function().raw().busResettable()) {
            return;
        }
        List<FunctionSlot> all = functions.below(closing);
        DeviceSet set = closing.bound().vfio().set();
        boolean needed = false;
        for (FunctionSlot slot : all) {
            Bound bound = slot.bound();
            boolean member = bound != null && bound.vfio() != null && bound.vfio().set() == set;
            if (!member || slot != closing && bound.vfio().inUse()) {
                return;
            }
            needed |= raw(slot).map(RawFunction::needsReset).orElse(false);
        }
        if (needed) {
            try {
                resetAll(closing, all);
            } catch (VfioException e) {
                System.getLogger(HotReset.class.getName()).log(System.Logger.Level.DEBUG, e.getMessage());
            }
        }
    }
}
