// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.deploy.UpdateAdmin.Policy;
import vfio.pci.core.admin.DriverUpdate.Moved;
import vfio.pci.core.admin.DriverUpdate.Step;
import vfio.pci.core.admin.DriverUpdate.Update;

/**
 * The functions of one update on their way to the next build: the first one alone, an open one if there is one, then the rest
 * at the rate that is set, and busy ones again after the others. Used by one transaction at a time.
 */
final class FunctionMoves {
    private static final String CLOSE = "close";
    private static final String IDLE = "idle";
    private static final int BUSY_ROUNDS = 4;
    private static final Duration BUSY_PAUSE = Duration.ofMillis(50);

    private final Update update;
    private final Duration pace;
    private final PauseHistogram pauses;
    private final EndSign end;
    private final Runnable progress;
    private final Map<String, Moved> moved = new LinkedHashMap<>();
    private final Map<String, Stay> stays = new TreeMap<>();
    /** The functions that users have lost, with the reason. */
    private final Map<String, String> lost = new LinkedHashMap<>();
    private Duration longest = Duration.ZERO;
    /** The functions that are left without a driver since they went by the way of a stop, with the reason. */
    private final Map<String, String> driverless = new LinkedHashMap<>();
    private int returned;
    /** How many functions have gone over by the way of a stop. */
    private int drained;

    /** Why a function stays with the former build. */
    enum Obstacle {
        /** Calls, a migration or a dirty log stand in the way now. */
        BUSY,
        /** No way leads over while it is open. */
        OPEN,
        /** The next build's driver did not take it. */
        FAILED
    }

    /** A function that stays with the former build. */
    record Stay(Obstacle obstacle, String reason) {
    }

    /**
     * Moves nothing yet.
     *
     * @param progress called after each move
     */
    FunctionMoves(Update update, Duration pace, PauseHistogram pauses, EndSign end, Runnable progress) {
        this.progress = progress;
        this.update = update;
        this.pace = pace;
        this.pauses = pauses;
        this.end = end;
    }

    /**
     * Moves functions.
     *
     * @param steps how they would go over
     * @return why the whole update has to be undone; empty where it goes on, with the functions that stay
     */
    Optional<String> go(List<Step> steps, Policy policy) {
        stays.clear();
        steps.forEach(step -> stays.put(step.function(), new Stay(Obstacle.BUSY, "its turn has not come")));
        List<Step> turn = new ArrayList<>(steps);
        turn.sort(Comparator.comparing(FunctionMoves::rank)); // stable
        for (int round = 0; round < BUSY_ROUNDS && !turn.isEmpty(); round++) {
            if (round > 0 && end.comesWithin(BUSY_PAUSE)) {
                break;
            }
            List<Step> busy = new ArrayList<>();
            for (Step step : turn) {
                Optional<String> undo = one(step, policy, busy);
                if (undo.isPresent() || end.hasCome()) {
                    return undo;
                }
            }
            turn = busy;
        }
        remain();
        boolean all = policy == Policy.ALL && !stays.isEmpty();
        return all ? Optional.of("not all functions could go over: " + left()) : Optional.empty();
    }

    /** Orders functions that users have open before idle ones, and those that cannot go over now last. */
    private static int rank(Step step) {
        return step.way().equals(CLOSE) || step.obstacle() != null ? 2 : step.way().equals(IDLE) ? 1 : 0;
    }

    private Optional<String> one(Step step, Policy policy, List<Step> busy) {
        boolean first = moved.isEmpty();
        if (!first && !pace.isZero() && end.comesWithin(pace)) {
            return Optional.empty();
        }
        Stay stay = move(step.function());
        if (stay == null) {
            stays.remove(step.function());
            progress.run();
            return first && !moved.isEmpty() ? update.illness() : Optional.empty();
        }
        stays.put(step.function(), stay);
        if (stay.obstacle() == Obstacle.FAILED && (first || policy == Policy.ALL)) {
            return Optional.of(step.function() + " was not taken over: " + stay.reason());
        }
        if (stay.obstacle() == Obstacle.BUSY) {
            busy.add(step);
        }
        return Optional.empty();
    }

    /** Moves a function; returns why it stays, null where it has gone over or is gone. */
    private Stay move(String function) {
        try {
            Moved account = update.move(function);
            moved.put(function, account);
            pauses.count(account, false);
            longest = account.pause().compareTo(longest) > 0 ? account.pause() : longest;
            return null;
        } catch (VfioException e) {
            if (e.kind() == Kind.STUCK) {
                lost.put(function, e.sentence());
                return null;
            }
            if ((e.errno() == Errno.ENODEV || e.kind() == Kind.LEFT) && isGone(function)) {
                return null;
            }
            boolean again = e.errno() == Errno.EBUSY || e.kind() == Kind.LEFT; // closed, or about to be gone
            return new Stay(again ? Obstacle.BUSY : e.errno() == Errno.EOPNOTSUPP ? Obstacle.OPEN
                    : Obstacle.FAILED, e.getMessage());
        } catch (RuntimeException | Error e) { // whatever it is, the function has its former driver
            return new Stay(Obstacle.FAILED, PlainText.causes(e));
        }
    }

    /** Tells whether a function is gone; where it is not, ENODEV is what the next build's driver answered. */
    private boolean isGone(String function) {
        return update.plan().stream().noneMatch(step -> step.function().equals(function));
    }

    /** Moves those of a mixed update that may go over by now, and takes note of those that have; never undoes it. */
    void again(List<Step> steps) {
        Map<String, Stay> before = Map.copyOf(stays);
        stays.clear();
        for (Step step : steps) {
            Stay known = before.getOrDefault(step.function(), new Stay(Obstacle.BUSY, step.obstacle()));
            boolean tries = known.obstacle() != Obstacle.FAILED && step.obstacle() == null && !step.way().equals(CLOSE);
            Stay now = tries ? move(step.function()) : step.obstacle() == null ? known
                    : new Stay(known.obstacle(), step.obstacle());
            if (now != null) {
                stays.put(step.function(), now);
            }
        }
        remain();
    }

    /** Adds what the former builds still have otherwise: functions that have come since, or that the next one leaves out. */
    private void remain() {
        update.plan().forEach(step -> stays.putIfAbsent(step.function(), step.obstacle() == null
                ? new Stay(Obstacle.BUSY, "its turn has not come") : new Stay(Obstacle.OPEN, step.obstacle())));
    }

    /** Gives all functions back to the former builds; returns those that could not be given back, with the reason. */
    Map<String, String> back() {
        Map<String, String> failures = new LinkedHashMap<>(lost);
        for (String function : backwards(moved.keySet())) {
            failure(function).ifPresent(e -> failures.put(function, reason(e)));
        }
        returned += moved.size();
        moved.clear();
        return failures;
    }

    /**
     * Gives all functions back to the former builds, or none: where one cannot be given back, those before it go over again.
     *
     * @return why not; empty where all have gone back, or have left their users on the way
     */
    Optional<String> backOrNot() {
        List<String> gone = new ArrayList<>();
        for (String function : backwards(moved.keySet())) {
            Optional<Throwable> failure = failure(function);
            for (int round = 1; round < BUSY_ROUNDS && isBusy(failure) && !end.comesWithin(BUSY_PAUSE); round++) {
                failure = failure(function);
            }
            if (failure.isPresent() && !isStuck(failure.get())) {
                gone.forEach(moved::remove);
                backwards(gone).forEach(this::again);
                return Optional.of(function + ": " + reason(failure.get()));
            }
            failure.ifPresent(e -> lost.put(function, reason(e)));
            gone.add(function);
        }
        returned += moved.size();
        moved.clear();
        return Optional.empty();
    }

    private void again(String function) {
        Stay stay = move(function);
        if (stay != null) {
            stays.put(function, stay);
        }
    }

    private static List<String> backwards(Collection<String> functions) {
        List<String> backwards = new ArrayList<>(functions);
        Collections.reverse(backwards);
        return backwards;
    }

    /** Gives a function back; returns why that failed, empty where it has gone back or is gone. */
    private Optional<Throwable> failure(String function) {
        try {
            pauses.count(update.back(function), true);
            return Optional.empty();
        } catch (RuntimeException | Error e) {
            boolean gone = e instanceof VfioException known && known.errno() == Errno.ENODEV && !isStuck(e);
            return gone ? Optional.empty() : Optional.of(e);
        }
    }

    private static boolean isBusy(Optional<Throwable> failure) {
        return failure.filter(e -> e instanceof VfioException known && known.errno() == Errno.EBUSY && !isStuck(e))
                .isPresent();
    }

    private static boolean isStuck(Throwable failure) {
        return failure instanceof VfioException known && known.kind() == Kind.STUCK;
    }

    private static String reason(Throwable failure) {
        return failure instanceof VfioException known ? known.getMessage() : PlainText.causes(failure);
    }

    /**
     * Takes note of functions that went by the way of a stop: none stays.
     *
     * @param functions how many
     * @param failures those that no driver of the next build was bound to, with the reason
     */
    void drained(int functions, Map<String, String> failures) {
        stays.clear();
        drained += functions - failures.size();
        driverless.putAll(failures);
    }

    /** Returns the number of functions that have moved. */
    int moved() {
        return moved.size() + drained;
    }

    /** Tells whether functions have moved that can be given back as live. */
    boolean mayGoBack() {
        return !moved.isEmpty();
    }

    /** Returns the functions that are left without a driver, with the reasons; null where there is none. */
    String driverless() {
        return driverless.isEmpty() ? null : "functions are left without a driver: " + PlainText.failures(driverless);
    }

    /** Returns the number of functions that the former builds have, as far as they were asked for. */
    int stayed() {
        return stays.size() + returned;
    }

    /** Tells whether some function stays for this reason. */
    boolean anyStays(Obstacle obstacle) {
        return stays.values().stream().anyMatch(stay -> stay.obstacle() == obstacle);
    }

    /** Returns the functions that stay, with the reasons; null where there is none. */
    String left() {
        if (stays.isEmpty()) {
            return null;
        }
        Map<String, String> reasons = new LinkedHashMap<>();
        stays.forEach((function, stay) -> reasons.put(function, String.valueOf(stay.reason())));
        return PlainText.failures(reasons);
    }

    /** Returns what has moved, for an event. */
    String account() {
        long open = moved.values().stream().filter(one -> !one.pause().isZero()).count();
        return "functions moved: " + moved() + (open == 0 ? "" : ", " + open + " of them open, longest pause "
                + longest.toNanos() / 1000 + " us") + (lost.isEmpty() ? "" : "; lost: " + PlainText.failures(lost))
                + (driverless.isEmpty() ? "" : "; " + driverless());
    }
}
