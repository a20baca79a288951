// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.bind;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import vfio.core.device.VfioDevice;
import vfio.core.thread.Deadline;
import vfio.pci.core.internal.slot.FunctionSlot;

/** The departures of many functions from their drivers at once; {@link Binder} detaches one. */
public final class Departures {
    private final Binder binder;

    public Departures(Binder binder) {
        this.binder = binder;
    }

    /**
     * Detaches many functions on the orderly road, in reverse order, under one deadline; those whose lock another act holds
     * come last.
     *
     * @throws VfioException EDEADLK where the calling thread is inside an access of one: then all stay
     */
    public void detachAll(List<FunctionSlot> slots, Duration drain) {
        slots.forEach(slot -> Binder.refuseInside(slot, "unbind"));
        Deadline deadline = Deadline.in(drain);
        slots.forEach(binder::ask);
        List<FunctionSlot> busy = new ArrayList<>();
        for (int i = slots.size() - 1; i >= 0; i--) {
            FunctionSlot slot = slots.get(i);
            if (!slot.exclusivelyWithin(Deadline.in(Duration.ZERO), () -> detach(slot, deadline))) {
                busy.add(slot);
            }
        }
        busy.forEach(slot -> slot.exclusively(() -> detach(slot, deadline)));
    }

    private void detach(FunctionSlot slot, Deadline deadline) {
        if (slot.bound() != null) {
            binder.detach(slot, deadline.left());
        }
    }

    /**
     * Revokes and unbinds functions whose driver or hardware is gone, all within {@link VfioDevice#DISORDERLY_LIMIT}: first
     * every handle becomes stale, then drivers are called while there is time.
     */
    public void detachNow(List<FunctionSlot> slots) {
        Deadline deadline = Deadline.in(VfioDevice.DISORDERLY_LIMIT);
        slots.forEach(binder::cutOff);
        slots.forEach(slot -> detachBefore(deadline, slot));
    }

    /**
     * Detaches one function until the deadline. If its lock is held that long, another thread is probing or detaching the
     * function and sees for itself that the function or its driver is gone.
     */
    private void detachBefore(Deadline deadline, FunctionSlot slot) {
        binder.revoke(slot, deadline.left());
        slot.exclusivelyWithin(deadline, () -> {
            if (slot.bound() != null) {
                binder.detachNow(slot, deadline.left());
            }
        });
    }
}
