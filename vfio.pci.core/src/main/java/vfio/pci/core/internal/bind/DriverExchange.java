// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.bind;

import java.util.function.Function;
import vfio.core.Errno;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.core.device.Exchanged;
import vfio.core.device.VfioDevice;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.internal.assembly.Assembly;
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
        Bound before = slot.bound();
        try {
            Assembly.Exchange done = exchanged(slot, before, next);
            slot.forgive(next);
            leaveIfGone(slot, before);
            events.record("driver-updated", slot.name(), said(before.driver(), next, done));
            return done;
        } catch (VfioException e) {
            failed(slot, next, e);
            throw e;
        }
    }

    private Assembly.Exchange exchanged(FunctionSlot slot, Bound before, RegisteredDriver next) {
        PciDeviceId id = ready(slot, next).entry();
        return before.assembly().exchange(next.service(), id, settings.apply(next.name()).given(),
                () -> slot.bound(new Bound(next, before.assembly(), before.token())));
    }

    /**
     * Returns the match with which the next build would be probed.
     *
     * @throws VfioException as {@link #run} before any driver is called
     */
    public Candidate ready(FunctionSlot slot, RegisteredDriver next) {
        if (slot.held()) {
            throw new VfioException(Errno.EBUSY, "exchange the driver of " + slot.name() + ": its driver's bundle is being "
                    + "stopped; try again later");
        }
        return Binder.again(slot, next.name(), registry.alone(next));
    }

    /** Detaches a function that left during the exchange, or whose driver did: the departure may have missed this binding. */
    private void leaveIfGone(FunctionSlot slot, Bound before) {
        boolean lost = before.vfio() != null && before.vfio().gone();
        if (slot.bound().driver().gone() || slot.removed() || lost) {
            binder.detachNow(slot, VfioDevice.DISORDERLY_LIMIT);
            throw new VfioException(Errno.ENODEV, "exchange the driver of " + slot.name()
                    + ": the driver or the function left meanwhile");
        }
    }

    private void failed(FunctionSlot slot, RegisteredDriver next, VfioException e) {
        if (e.errno() == Errno.EBUSY) {
            events.record("update-waits", slot.name(), next + ": " + e.getMessage());
            return;
        }
        events.record("update-failed", slot.name(), next + ": " + e.getMessage());
        Bound bound = slot.bound();
        if (bound == null) {
            return; // it has left
        }
        if (e.kind() == Kind.STUCK || bound.driver().gone() || slot.removed()) {
            binder.detachNow(slot, VfioDevice.DISORDERLY_LIMIT);
        } else if (e.errno() != Errno.EOPNOTSUPP) { // else the drivers are no worse for that
            slot.failed(next, e.getMessage());
        }
    }

    private static String said(RegisteredDriver before, RegisteredDriver next, Assembly.Exchange done) {
        Exchanged account = done.account();
        return before + " to " + next.bundle() + ", way " + done.way() + ", pause " + account.pause().toNanos() / 1000
                + " us, calls that waited: " + account.waited() + ", bytes of state: " + account.bytes();
    }
}
