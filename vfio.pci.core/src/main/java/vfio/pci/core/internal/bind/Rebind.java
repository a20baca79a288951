// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.bind;

import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.OverrideOrigin;

/**
 * The change of one function's driver, as a transaction: the old driver is detached, then the first of the attempts that
 * probes well is bound. Where none does, the override is what it was before, and the old driver is bound again.
 */
public final class Rebind {
    private final Binder binder;
    private final EventLog events;

    public Rebind(Binder binder, EventLog events) {
        this.binder = binder;
        this.events = events;
    }

    /**
     * Runs the transaction with the function's lock held.
     *
     * @param origin the author of the override, where an attempt writes one
     * @return what was done, a clause each
     * @throws VfioException EBUSY where the function has a user; else why the last attempt failed
     */
    public List<String> run(FunctionSlot slot, List<BindAttempt> attempts, OverrideOrigin origin) {
        List<String> steps = new ArrayList<>();
        String override = slot.override();
        OverrideOrigin before = slot.origin();
        FunctionSlot.Bound old = slot.bound();
        if (old != null) {
            if (!binder.detachIfIdle(slot)) {
                throw new VfioException(Errno.EBUSY, "bind " + slot.name() + ": it is held open by "
                        + String.join(", ", old.vfio().users()) + "; close it there, or unbind first");
            }
            steps.add("unbound from " + old.driver().name());
        }
        VfioException failure = null;
        for (BindAttempt attempt : attempts) {
            try {
                attempt(slot, attempt, origin, steps);
                return steps;
            } catch (VfioException e) {
                failure = e;
                steps.add(e.getMessage());
            }
        }
        write(slot, override, before);
        throw restored(slot, old, failure);
    }

    private void attempt(FunctionSlot slot, BindAttempt attempt, OverrideOrigin origin, List<String> steps) {
        if (attempt.overriding() && !attempt.target().equals(slot.override())) {
            write(slot, attempt.target(), origin);
            steps.add("wrote override " + attempt.target());
        } else if (!attempt.overriding() && stale(slot, attempt.target())) {
            steps.add("cleared override " + slot.override());
            write(slot, null, null);
        }
        binder.attach(slot, attempt.target());
        steps.add("bound to " + attempt.target());
    }

    /** Tells whether an override that the core wrote itself, and so may clear, stands in the way of a driver. */
    private boolean stale(FunctionSlot slot, String target) {
        return slot.override() != null && slot.origin() != OverrideOrigin.COMMAND && !binder.matches(slot, target);
    }

    private VfioException restored(FunctionSlot slot, FunctionSlot.Bound old, VfioException failure) {
        if (old == null) {
            return failure;
        }
        try {
            binder.reattach(slot, old.driver().name());
            return new VfioException(failure.errno(),
                    failure.sentence() + "; it is bound to " + old.driver().name() + " again");
        } catch (VfioException e) {
            return new VfioException(failure.errno(), failure.sentence() + "; binding it to " + old.driver().name()
                    + " again failed too: " + e.sentence() + "; it has no driver now");
        }
    }

    /** Writes the override, and records event {@code override} where that changes it. */
    public void write(FunctionSlot slot, String text, OverrideOrigin origin) {
        String was = slot.override();
        slot.override(text, origin);
        if (text == null ? was != null : !text.equals(was)) {
            events.record("override", slot.name(), text == null ? "cleared, was " + was : text + ", by " + origin.owner());
        }
    }
}
