// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import vfio.core.VfioException;
import vfio.deploy.UpdateAdmin.Policy;
import vfio.deploy.UpdateAdmin.UpdateRow;

/**
 * The updates by symbolic name: those that are open, since a former build has not left yet, and the latest of each. Changed
 * by the deploy thread alone.
 */
final class OpenUpdates {
    /** The least time to the next look: an update that is due may have to wait for another transaction. */
    private static final long LEAST_NANOS = 1_000_000;

    private final UpdateMeans means;
    private final Map<String, LiveUpdate> open = new HashMap<>();
    /** What operators have asked for the next update of a name. */
    private final Map<String, Policy> policies = new HashMap<>();
    /** The latest updates that are not over. */
    private final Map<String, LiveUpdate> latest = new ConcurrentHashMap<>();
    /** The latest updates that are over. */
    private final Map<String, UpdateRow> rows = new ConcurrentHashMap<>();
    private volatile List<UpdateRow> held = List.of();

    OpenUpdates(UpdateMeans means) {
        this.means = means;
    }

    /** Returns the open update of a symbolic name, or null. */
    LiveUpdate of(String symbolicName) {
        return open.get(symbolicName);
    }

    /** Has the next update of a name keep a policy other than the one that is set. */
    void policy(String symbolicName, Policy policy) {
        policies.put(symbolicName, policy);
    }

    /** Makes the update of a running build to another. */
    LiveUpdate next(RunningBuild former, Build to) {
        String name = to.symbolicName();
        Policy policy = policies.remove(name);
        return shown(new LiveUpdate(means, former, open.get(name), to, policy == null ? means.settings().policy() : policy));
    }

    /** Takes up the update that a former run of deployment has left, with its builds side by side. */
    void resume(List<RunningBuild> formers, RunningBuild next) {
        open.put(next.build().symbolicName(), shown(new LiveUpdate(means, formers, next)));
    }

    private LiveUpdate shown(LiveUpdate update) {
        rows.remove(update.to().symbolicName());
        latest.put(update.to().symbolicName(), update);
        return update;
    }

    /** Makes an update by a stop and a start, which the journal has as any other; from any thread. */
    SwapOutcome stopped(Build from, Build to, Supplier<SwapOutcome> swap) {
        String name = to.symbolicName();
        try {
            means.steps().keep(from, to);
            means.journal().begin(from, to);
        } catch (VfioException e) {
            return SwapOutcome.not(FileState.FAILED, "the update was not begun: " + e.getMessage());
        }
        SwapOutcome outcome = swap.get();
        try {
            if (outcome.bundle() != null) {
                means.journal().step(name, Journal.Step.DONE);
            } else {
                means.journal().undone(name, null);
            }
        } catch (VfioException e) {
            System.getLogger(OpenUpdates.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
        }
        return outcome;
    }

    /** Shows an update that is over, of which nothing else is kept: it would keep the classes of builds that have left. */
    void show(UpdateRow row) {
        latest.remove(row.symbolicName());
        rows.put(row.symbolicName(), row);
    }

    /** Shows the builds that wait. */
    void showHeld(List<UpdateRow> waiting) {
        held = List.copyOf(waiting);
    }

    /** Takes in what has become of an update. */
    void take(LiveUpdate update) {
        String name = update.to().symbolicName();
        switch (update.phase()) {
            case MIXED, SOAKING -> open.put(name, update);
            case BACK, FAILED -> {
                show(update.row());
                open.remove(name);
                if (update.beneath() != null) {
                    open.put(name, update.beneath());
                }
            }
            default -> {
                show(update.row());
                open.remove(name);
            }
        }
    }

    /** Forgets a symbolic name whose driver is gone. */
    void forget(String name) {
        open.remove(name);
        policies.remove(name);
        latest.remove(name);
        rows.remove(name);
        try {
            means.journal().forget(name);
        } catch (VfioException e) {
            System.getLogger(OpenUpdates.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
        }
    }

    /** Returns the latest update of a symbolic name; from any thread. */
    Optional<UpdateRow> latest(String symbolicName) {
        LiveUpdate update = latest.get(symbolicName);
        return Optional.ofNullable(update == null ? rows.get(symbolicName) : update.row());
    }

    /** Returns the latest updates and the builds that wait, by symbolic name; from any thread. */
    List<UpdateRow> rows() {
        List<UpdateRow> all = new ArrayList<>(rows.values());
        latest.values().forEach(update -> all.add(update.row()));
        all.addAll(held);
        all.sort(Comparator.comparing(UpdateRow::symbolicName)); // stable
        return all;
    }

    /** Looks at class loaders that leave; returns the nanoseconds until something is to be looked at. */
    long due(Predicate<String> busy) {
        return Math.min(means.loaders().look(), open.entrySet().stream().filter(one -> !busy.test(one.getKey()))
                .mapToLong(one -> Math.max(LEAST_NANOS, one.getValue().due().leftNanos())).min().orElse(Long.MAX_VALUE));
    }

    /** Cuts short what waits for a time. */
    void hurry() {
        means.end().give();
    }

    /**
     * Ends the core's part of all.
     *
     * @param whole whether the daemon ends too, so that the next builds run alone at the next start
     */
    void end(boolean whole) {
        if (whole) { // updates that came as far while the framework ended were not taken in
            latest.values().stream().filter(update -> update.phase().isOpen() && !open.containsValue(update))
                    .forEach(LiveUpdate::settle);
        }
        open.values().forEach(whole ? LiveUpdate::settle : LiveUpdate::end);
        open.clear();
    }
}
