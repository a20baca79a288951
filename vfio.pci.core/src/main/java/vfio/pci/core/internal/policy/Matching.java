// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.policy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import vfio.core.EventLog;
import vfio.core.Thrown;
import vfio.core.VfioException;
import vfio.core.thread.DaemonThread;
import vfio.pci.core.internal.bind.BindAttempt;
import vfio.pci.core.internal.bind.Binder;
import vfio.pci.core.internal.bind.Departures;
import vfio.pci.core.internal.bind.Rebind;
import vfio.pci.core.internal.policy.Resolver.Choice;
import vfio.pci.core.internal.slot.DriverRegistry;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.slot.Functions;
import vfio.pci.core.internal.slot.OverrideOrigin;

/**
 * The matching of functions with drivers: does what each function's policy wants, on one thread, each time something changes.
 * Matching is closed until drivers and buses have settled, so that each function is bound once at boot. When it closes, every
 * function is unbound on the orderly road under one deadline, and nothing is matched again.
 */
public final class Matching {
    private final DriverRegistry registry;
    private final Functions functions;
    private final Binder binder;
    private final Rebind rebind;
    private final Departures departures;
    private final BundleUpdates updates;
    private final EventLog events;
    private final Set<FunctionSlot> pending = new LinkedHashSet<>();
    private FunctionSlot current;
    private Thread thread;

    public Matching(DriverRegistry registry, Functions functions, Binder binder, Rebind rebind, Departures departures,
            BundleUpdates updates, EventLog events) {
        this.registry = registry;
        this.functions = functions;
        this.binder = binder;
        this.rebind = rebind;
        this.departures = departures;
        this.updates = updates;
        this.events = events;
    }

    /** Opens matching and requests every function, since drivers and buses have settled. */
    public synchronized void open() {
        if (thread == null) {
            pending.addAll(functions.all());
            thread = DaemonThread.of("vfio-matching", this::work);
            thread.start();
        }
    }

    public synchronized boolean isOpen() {
        return thread != null;
    }

    /**
     * Closes matching, then unbinds every function, also one that is just being bound; the users of all functions share the
     * deadline.
     */
    public void close(Duration drain) {
        synchronized (this) {
            thread = null;
            pending.clear();
            notifyAll();
        }
        departures.detachAll(functions.all(), drain);
    }

    /** Requests that a function be matched, since something has changed for it. */
    public synchronized void request(FunctionSlot slot) {
        if (thread != null && pending.add(slot)) {
            notifyAll();
        }
    }

    /** Requests that every function be matched, since something has changed for all: a driver has come or gone. */
    public synchronized void requestAll() {
        if (thread != null && pending.addAll(functions.all())) {
            notifyAll();
        }
    }

    /**
     * Requests that every function be matched, since a driver has come. Functions that an operator has unbound are included
     * where this driver matches them.
     */
    void arrived(String driver) {
        for (FunctionSlot slot : functions.unordered()) {
            if (slot.unbound() && binder.matches(slot, driver)) {
                slot.unbound(false);
            }
        }
        requestAll();
    }

    /** Returns how many functions with a standing policy are still to be matched. */
    public synchronized int wanted() {
        int waiting = thread != null && current != null && current.policy().standing() ? 1 : 0;
        for (FunctionSlot slot : thread == null ? functions.unordered() : pending) {
            waiting += slot.policy().standing() ? 1 : 0;
        }
        return waiting;
    }

    private void work() {
        for (FunctionSlot slot = next(); slot != null; slot = next()) {
            work(slot);
        }
    }

    private void work(FunctionSlot slot) {
        try {
            slot.exclusively(() -> {
                if (working()) { // else matching was closed since, and every function is being unbound
                    rematch(slot);
                }
            });
        } catch (Throwable e) { // a bus may be broken, and throw anything: the other functions go on
            events.record("bind-failed", slot.name(), "matching: " + Thrown.text(e));
        }
    }

    private synchronized boolean working() {
        return thread == Thread.currentThread();
    }

    private synchronized FunctionSlot next() {
        try {
            while (working() && pending.isEmpty()) {
                current = null;
                wait();
            }
        } catch (InterruptedException e) {
            return null;
        }
        if (!working()) {
            return null;
        }
        current = pending.iterator().next();
        pending.remove(current);
        return current;
    }

    /**
     * Does what the policy wants for one function.
     *
     * @return what was done, a clause each; empty where there was nothing to do
     */
    public List<String> rematch(FunctionSlot slot) {
        return slot.exclusively(() -> {
            if (slot.removed() || slot.held() || slot.unbound() && !slot.policy().standing()) {
                return List.of();
            }
            List<String> steps = new ArrayList<>(updates.follow(slot));
            Intent intent = Intent.of(slot, slot.policy(), registry.snapshot(), functions);
            steps.addAll(apply(slot, intent));
            note(slot, intent);
            return steps;
        });
    }

    private List<String> apply(FunctionSlot slot, Intent intent) {
        Choice choice = intent.choice();
        Bound bound = slot.bound();
        List<BindAttempt> better = intent.better(choice);
        try {
            if (!better.isEmpty()) {
                return bound != null && bound.inUse() ? List.of() : rebind.run(slot, better, OverrideOrigin.POLICY);
            }
            boolean released = bound != null && choice.release() && binder.detachIfIdle(slot);
            return released ? List.of("unbound from " + bound.driver().name()) : List.of();
        } catch (VfioException e) {
            return List.of(e.getMessage()); // each failure is recorded as an event already
        } finally {
            if (slot.bound() == null && slot.origin() == OverrideOrigin.POLICY) {
                rebind.write(slot, null, null);
            }
        }
    }

    /** Keeps the reason why the policy does not have what it wants, and records each reason once. */
    private void note(FunctionSlot slot, Intent intent) {
        String why = intent.unmet().orElse(null);
        if (why != null && !why.equals(slot.unmet())) {
            events.record("policy-unmet", slot.name(), slot.policy() + ": " + why);
        }
        slot.unmet(why);
    }
}
