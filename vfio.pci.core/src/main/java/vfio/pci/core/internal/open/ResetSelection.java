// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.open;

import java.util.List;
import vfio.core.Errno;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.id.ResetMethod;
import vfio.pci.core.internal.reset.AvailableResets;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.slot.Functions;

/**
 * The operator's choice of the methods by which a function is reset (sysfs {@code reset_method}, drivers/pci/pci-sysfs.c).
 */
public final class ResetSelection {
    private final Functions functions;
    private final EventLog events;

    public ResetSelection(Functions functions, EventLog events) {
        this.functions = functions;
        this.events = events;
    }

    /**
     * Returns the methods that a reset tries now, in this order.
     *
     * @throws VfioException EOPNOTSUPP on a bus whose host resets
     */
    public List<ResetMethod> methods(FunctionSlot slot) {
        RawHardware raw = raw(slot);
        return slot.resetOrder().methods().stream().filter(method -> has(slot, raw, method)).toList();
    }

    /**
     * Sets the methods that a reset tries.
     *
     * @throws VfioException as {@link #methods}, and as {@link vfio.pci.core.internal.reset.ResetOrder#choose}
     */
    public void choose(FunctionSlot slot, List<String> names) {
        RawHardware raw = raw(slot);
        slot.resetOrder().choose(slot.name(), names, method -> has(slot, raw, method));
        events.record("reset-method", slot.name(), names.isEmpty() ? "none: reset is disabled" : String.join(" ", names));
    }

    private static RawHardware raw(FunctionSlot slot) {
        return slot.raw().orElseThrow(() -> new VfioException(Errno.EOPNOTSUPP, "reset methods of " + slot.name()
                + ": its host resets it; see reset_method in the host's sysfs"));
    }

    private boolean has(FunctionSlot slot, RawHardware raw, ResetMethod method) {
        return method == ResetMethod.DEVICE_SPECIFIC && driverHasOne(slot.bound())
                || new AvailableResets(slot.function(), raw, () -> functions.below(slot).size() == 1).has(method);
    }

    /** Tells whether the driver has a reset of its own, by its class: a call of the method would reset the function. */
    private static boolean driverHasOne(Bound bound) {
        try {
            return bound != null && bound.binding() instanceof VfioPciOperations operations
                    && operations.getClass().getMethod("resetFunction").getDeclaringClass() != VfioPciOperations.class;
        } catch (NoSuchMethodException e) {
            throw new AssertionError(e); // every implementation inherits the method
        }
    }
}
