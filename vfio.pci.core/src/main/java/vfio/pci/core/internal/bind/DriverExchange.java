// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.bind;

import java.util.Map;
import java.util.function.Function;
import vfio.core.Errno;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.core.device.Exchanged;
import vfio.core.device.VfioDevice;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.internal.assembly.Assembly;
import vfio.pci.core.internal.assembly.DriverService;
import vfio.pci.core.internal.function.FunctionSettings;
import vfio.pci.core.internal.match.Candidate;
import vfio.pci.core.internal.slot.DriverRegistry;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.slot.RegisteredDriver;

/**
 * The exchange of a bound function's driver for another build of it. The function stays bound throughout, open or not: it is
 * not reset, keeps its power state, and a PF keeps its VFs. Methods are called with the function's lock held.
 */
public final class DriverExchange {
    private final Binder binder;
    private final DriverRegistry registry;
    private final Function<String, FunctionSettings> settings;
    private final EventLog events;

    /** @param settings the settings for a driver's functions, by the driver's name */
    public DriverExchange(Binder binder, DriverRegistry registry, Function<String, FunctionSettings> settings,
            EventLog events) {
        this.binder = binder;
        this.registry = registry;
        this.settings = settings;
        this.events = events;
    }

    /**
     * Exchanges the driver of a function.
     *
     * @param next another build of the driver that the function has
     * @throws VfioException ENODEV where the function is gone or the next build does not match it; EIO where the next driver
     *     is faulty; EBUSY where a handover has the function; else as {@link Assembly#exchange}. The function has the driver
     *     of before then, unless the exception is of kind STUCK, or the function or its driver has left meanwhile
     */
    public Assembly.Exchange run(FunctionSlot slot, RegisteredDriver next) {
        return run(slot, next, Assembly::exchange);
    }

    /**
     * Gives a function back to the build that it came from, also where the driver that has it is broken. Where a broken
     * driver hands over nothing, and nothing else does, the users lose the function, and it is bound to the build of before again;
     * one that works keeps the function.
     *
     * @param ill whether the driver that has it is known to be broken, so that it must not keep a function for which no way
     *     leads back
     * @throws VfioException as {@link #run}; of kind STUCK where the users have lost the function
     */
    public Assembly.Exchange back(FunctionSlot slot, RegisteredDriver former, boolean ill) {
        try {
            return run(slot, former, Assembly::giveBack);
        } catch (VfioException e) {
            boolean lost = e.kind() == Kind.STUCK
                    || ill && (e.kind() == Kind.NOT_HANDED_OVER || e.errno() == Errno.EOPNOTSUPP);
            throw lost && !slot.removed() ? boundAgain(slot, former, e) : e;
        }
    }

    private VfioException boundAgain(FunctionSlot slot, RegisteredDriver former, VfioException why) {
        if (slot.bound() != null) {
            binder.detachNow(slot, VfioDevice.DISORDERLY_LIMIT);
        }
        String then;
        try {
            binder.reattach(slot, former);
            then = "; it is bound to " + former + " again";
        } catch (VfioException e) {
            then = "; binding it to " + former + " again failed too: " + e.sentence();
        }
        return new VfioException(Kind.STUCK, why.errno(), why.sentence() + "; its users have lost it" + then);
    }

    private Assembly.Exchange run(FunctionSlot slot, RegisteredDriver next, Direction direction) {
        Bound before = slot.bound();
        try {
            Assembly.Exchange done = exchanged(slot, before, next, direction);
            slot.forgive(next);
            slot.waitsFor(null);
            leaveIfGone(slot, before);
            events.record("driver-updated", slot.name(), said(before.driver(), next, done));
            return done;
        } catch (VfioException e) {
            boolean left = slot.removed() || before.vfio() != null && before.vfio().gone();
            VfioException told = left && e.kind() != Kind.STUCK ? new VfioException(Kind.LEFT, e.errno(), e.sentence()) : e;
            failed(slot, next, told);
            throw told;
        }
    }

    /** An exchange of an assembly's driver, one way or the other. */
    private interface Direction {
        Assembly.Exchange exchange(Assembly assembly, DriverService next, PciDeviceId id, Map<String, String> settings,
                Runnable committed);
    }

    private Assembly.Exchange exchanged(FunctionSlot slot, Bound before, RegisteredDriver next, Direction direction) {
        PciDeviceId id = ready(slot, next).entry();
        return direction.exchange(before.assembly(), next.service(), id, settings.apply(next.name()).given(),
                () -> slot.bound(new Bound(next, before.assembly(), before.token())));
    }

    /**
     * Returns the match with which the next build would be probed.
     *
     * @throws VfioException as {@link #run} before any driver is called
     */
    public Candidate ready(FunctionSlot slot, RegisteredDriver next) {
        String act = "exchange the driver of " + slot.name() + " for " + next + ": ";
        if (slot.held()) {
            throw new VfioException(Errno.EBUSY, act + "its driver's bundle is being stopped; try again later");
        }
        return Binder.again(act, slot, next.name(), registry.alone(next));
    }

    /** Detaches a function that left during the exchange, or whose driver did: the departure may have missed this binding. */
    private void leaveIfGone(FunctionSlot slot, Bound before) {
        boolean lost = before.vfio() != null && before.vfio().gone();
        if (slot.bound().driver().gone() || slot.removed() || lost) {
            binder.detachNow(slot, VfioDevice.DISORDERLY_LIMIT);
            throw new VfioException(Kind.LEFT, Errno.ENODEV, "exchange the driver of " + slot.name()
                    + ": the driver or the function left meanwhile");
        }
    }

    private void failed(FunctionSlot slot, RegisteredDriver next, VfioException e) {
        boolean waits = e.errno() == Errno.EBUSY && e.kind() != Kind.STUCK || e.kind() == Kind.LEFT;
        String why = next + ": " + e.getMessage();
        if (!waits) {
            events.record("update-failed", slot.name(), why);
        } else if (!why.equals(slot.waitsFor())) { // a function that is tried again and again says each reason once
            events.record("update-waits", slot.name(), why);
        }
        slot.waitsFor(waits ? why : null);
        Bound bound = slot.bound();
        if (bound == null) {
            return; // it has left
        }
        if (e.kind() == Kind.STUCK || bound.driver().gone() || slot.removed()) { // the departure may have given up waiting
            binder.detachNow(slot, VfioDevice.DISORDERLY_LIMIT);
        } else if (!waits && e.errno() != Errno.EOPNOTSUPP && e.kind() != Kind.NOT_HANDED_OVER) { // else next is as it was
            slot.failed(next, e.getMessage());
        }
    }

    private static String said(RegisteredDriver before, RegisteredDriver next, Assembly.Exchange done) {
        Exchanged account = done.account();
        return before + " to " + next.bundle() + ", way " + done.way() + ", pause " + account.pause().toNanos() / 1000
                + " us, calls that waited: " + account.waited() + ", bytes of state: " + account.bytes();
    }
}
