// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.osgi.framework.Bundle;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.thread.Deadline;
import vfio.deploy.UpdateAdmin.Policy;
import vfio.deploy.UpdateAdmin.UpdateRow;
import vfio.deploy.internal.FunctionMoves.Obstacle;
import vfio.pci.core.admin.DriverHandover.Handover;
import vfio.pci.core.admin.DriverUpdate.Step;
import vfio.pci.core.admin.DriverUpdate.Update;

/**
 * One update of a driver's bundle while users have its functions open. The next build is started beside the former ones,
 * takes their functions, and is watched for a while before they leave; whatever goes wrong until then, they go on as before.
 * Each act that changes something is a transaction: from any thread, one at a time.
 */
final class LiveUpdate {
    private final UpdateMeans means;
    private final FormerBuilds formers;
    private final Build to;
    /** The mixed update whose builds are the former ones; null where one build ran alone. */
    private final LiveUpdate beneath;
    private Policy policy;
    private Bundle fresh;
    private Update update;
    private FunctionMoves moves;
    private boolean serves;
    private Deadline soaked;
    private volatile Deadline due = Deadline.in(Deadline.LONGEST);
    private volatile Phase phase = Phase.STARTING;
    private volatile UpdateRow row;

    /** How far it has come. */
    enum Phase {
        STARTING, MOVING, MIXED, SOAKING, DONE, BACK, FAILED;

        boolean isOpen() {
            return this == MIXED || this == SOAKING;
        }
    }

    /**
     * Makes an update that has not begun.
     *
     * @param former the build whose place the next one takes
     * @param beneath the mixed update that is open for that build, or null
     */
    LiveUpdate(UpdateMeans means, RunningBuild former, LiveUpdate beneath, Build to, Policy policy) {
        this.means = means;
        this.beneath = beneath;
        this.to = to;
        this.policy = policy;
        formers = beneath == null ? new FormerBuilds(means, List.of(former)) : beneath.formers.and(former);
        tell(Phase.STARTING, null);
    }

    /** Makes a mixed update of builds that run beside each other since a former run of deployment. */
    LiveUpdate(UpdateMeans means, List<RunningBuild> formers, RunningBuild next) {
        this.means = means;
        this.formers = new FormerBuilds(means, formers);
        beneath = null;
        to = next.build();
        fresh = next.bundle();
        policy = means.settings().policy();
        serves = true;
        tell(Phase.MIXED, null);
        due = Deadline.in(Duration.ZERO);
    }

    private String name() {
        return to.symbolicName();
    }

    /** Returns the build that goes on where this update is undone. */
    RunningBuild former() {
        return formers.last();
    }

    /** Returns the mixed update that is open again where this one is undone, or null. */
    LiveUpdate beneath() {
        return beneath;
    }

    /** Returns the next build. */
    Build to() {
        return to;
    }

    /** Returns the former build's version, as it is told beside that of the next one. */
    private String was() {
        return before().versionBeside(to);
    }

    /** Returns the next build's version, as it is told beside that of the former one. */
    private String comes() {
        return to.versionBeside(before());
    }

    private Build before() {
        return former().build();
    }

    Phase phase() {
        return phase;
    }

    UpdateRow row() {
        return row;
    }

    private void tell(Phase next, String reason) {
        phase = next;
        row = new UpdateRow(name(), next.name().toLowerCase(Locale.ROOT), before().versionAndDigest(), to.versionAndDigest(),
                moves == null ? 0 : moves.moved(), moves == null ? 0 : moves.stayed(),
                reason == null ? null : PlainText.plain(reason));
    }

    /** Returns when it is to be looked at again. */
    Deadline due() {
        return due;
    }

    /** Begins: installs and starts the next build, and moves the functions. */
    SwapOutcome begin(Consumer<String> phaseOfFile) {
        try {
            fresh = means.steps().resolved(to);
            means.steps().keep(formers.first(), to);
            means.journal().begin(formers.first(), to);
        } catch (Installer.Halt halt) {
            return failed(halt.state(), halt.getMessage());
        } catch (VfioException e) {
            return failed(FileState.FAILED, "the update was not begun: " + e.getMessage() + means.steps().leave(fresh));
        }
        means.events().record("update-begun", name(), was() + " to " + comes());
        Optional<String> problem;
        try {
            if (beneath != null) {
                beneath.end();
            }
            update = stage();
            phaseOfFile.accept("starting beside " + before());
            means.steps().start(fresh);
            phaseOfFile.accept("taking over from " + before());
            tell(Phase.MOVING, null);
            problem = moves.go(update.plan(), policy);
            if (problem.isEmpty()) {
                serve();
            }
        } catch (Installer.Halt halt) {
            problem = Optional.of(halt.getMessage());
        } catch (RuntimeException | Error e) { // between two builds nothing may end the transaction
            problem = Optional.of("the functions could not be handed over: " + PlainText.sentence(e));
        }
        return problem.isEmpty() ? served() : back(problem.get(), FileState.FAILED);
    }

    private SwapOutcome failed(FileState state, String reason) {
        tell(Phase.FAILED, reason);
        return SwapOutcome.not(state, reason);
    }

    private Update stage() {
        Update staged = means.core().stage(formers.bundleIds(), fresh.getBundleId());
        moves = moves(staged);
        return staged;
    }

    private FunctionMoves moves(Update of) {
        return new FunctionMoves(of, means.settings().pace(), means.pauses(), means.end(), () -> tell(phase, row.reason()));
    }

    private void serve() {
        try {
            update.serve(policy == Policy.IDLE || policy == Policy.KEEP && !moves.anyStays(Obstacle.FAILED));
        } catch (VfioException e) {
            if (e.errno() != Errno.ENODEV || moves.moved() + moves.stayed() > 0) {
                throw e;
            } // a bundle without a driver, yet or at all, takes the place of one whose drivers have no function
        }
        serves = true;
        formers.offerNoMore();
        if (policy == Policy.DRAIN && moves.stayed() > 0) {
            formers.drain(moves);
        }
    }

    /** Goes on where the next build serves: to the soak, or mixed where functions stay. */
    private SwapOutcome served() {
        if (moves.stayed() > 0) {
            if (phase != Phase.MIXED) {
                means.events().record("update-mixed", name(), was() + " by " + comes() + ", "
                        + moves.account() + "; stayed: " + moves.left());
            }
            note(Journal.Step.MIXED);
            tell(Phase.MIXED, moves.left());
            due = Deadline.in(means.settings().retry());
            return SwapOutcome.runs(fresh);
        }
        means.events().record("bundle-updated", name(), was() + " by " + comes() + ", " + moves.account());
        if (!moves.mayGoBack() || means.settings().soak().isZero()) {
            return finish();
        }
        note(Journal.Step.SOAKING);
        soaked = Deadline.in(means.settings().soak());
        tell(Phase.SOAKING, moves.driverless());
        due = Deadline.in(means.settings().look());
        return SwapOutcome.runs(fresh);
    }

    /** Notes a step; where that fails the update goes on, and a crash would bring back the former build. */
    private void note(Journal.Step step) {
        try {
            means.journal().step(name(), step);
        } catch (VfioException e) {
            warn(e.getMessage());
        }
    }

    private static void warn(String text) {
        System.getLogger(LiveUpdate.class.getName()).log(System.Logger.Level.WARNING, PlainText.plain(text));
    }

    /** Looks after an open update whose time has come; returns what has become of it. */
    SwapOutcome look() {
        try {
            goOn();
            Optional<String> illness = update.illness();
            if (illness.isPresent()) {
                return back("version " + comes() + " does not work: " + illness.get(), FileState.FAILED);
            }
            if (phase == Phase.MIXED) {
                moves.again(update.plan());
                return served();
            }
            long enough = means.settings().operations();
            if (soaked.passed() || enough > 0 && update.operations(enough) >= enough) {
                return finish();
            }
        } catch (RuntimeException | Error e) { // of the core's, which knows its functions better: looked at again
            warn("the update of " + name() + " is looked at again, since: " + PlainText.sentence(e));
        }
        due = Deadline.in(phase == Phase.MIXED ? means.settings().retry() : means.settings().look());
        return SwapOutcome.runs(fresh);
    }

    /** Tries the rest of a mixed update again, as an operator asks. */
    SwapOutcome again(Optional<Policy> asked) {
        policy = asked.orElse(means.settings().policy());
        try {
            goOn();
            Optional<String> problem = moves.go(update.plan(), policy);
            if (problem.isPresent()) {
                return back(problem.get(), FileState.FAILED);
            }
            serve();
            return served();
        } catch (RuntimeException | Error e) {
            tell(Phase.MIXED, PlainText.sentence(e));
            due = Deadline.in(means.settings().retry());
            return SwapOutcome.runs(fresh);
        }
    }

    /** Returns how the functions that the former builds still have would go over now. */
    List<Step> plan() {
        return update == null ? List.of() : update.plan();
    }

    /**
     * Goes back to the former build, which is wanted again. A next build that works and does not give a function back keeps
     * all of them.
     */
    SwapOutcome revoke() {
        try {
            goOn();
            if (update.illness().isEmpty()) {
                withdraw(update);
                Optional<String> refusal = moves.backOrNot();
                if (refusal.isPresent()) {
                    return stay(refusal.get());
                }
            }
        } catch (RuntimeException | Error e) { // of the core's: the functions go by the way of a stop then
            warn("the functions of " + name() + " do not go back one by one, since: " + PlainText.sentence(e));
        }
        return back("version " + was() + " is wanted again", FileState.SUPERSEDED);
    }

    /** Goes on where the next build has not given a function back. */
    private SwapOutcome stay(String refusal) {
        update.serve(policy == Policy.IDLE);
        serves = true;
        formers.offerNoMore();
        String text = to + " did not give back " + refusal + "; version " + comes() + " keeps running";
        tell(moves.stayed() > 0 ? Phase.MIXED : Phase.SOAKING, text);
        due = Deadline.in(phase == Phase.MIXED ? means.settings().retry() : means.settings().look());
        means.events().record("update-kept", name(), PlainText.plain(text));
        return SwapOutcome.stays(fresh, text);
    }

    private void withdraw(Update served) {
        if (serves) {
            served.withdraw();
            serves = false;
            formers.offer();
        }
    }

    /** Undoes the update: the former builds have their functions again, and the next one leaves. */
    SwapOutcome back(String problem, FileState state) {
        boolean hadServed = serves || phase.isOpen();
        String lost = give();
        String text = means.steps().dismiss(fresh, problem) + lost;
        try {
            means.journal().undone(name(),
                    beneath == null ? null : new Journal.Entry(beneath.formers.first(), beneath.to, Journal.Step.MIXED));
        } catch (VfioException e) {
            warn(e.getMessage());
        }
        if (beneath != null) {
            beneath.resume();
        }
        text += "; version " + was() + " keeps running";
        tell(hadServed ? Phase.BACK : Phase.FAILED, text);
        means.events().record("update-back", name(),
                PlainText.plain(comes() + " to " + was() + ": " + text));
        return SwapOutcome.not(state, text);
    }

    /** Gives the functions back; those that cannot be go by the way of a stop. Returns the rest of a sentence. */
    private String give() {
        if (update == null) {
            return "";
        }
        Map<String, String> failures = Map.of();
        try (Update ending = update) {
            withdraw(ending);
            failures = moves.back();
        } catch (RuntimeException | Error e) {
            warn("the functions of " + name() + " go back by the way of a stop, since: " + PlainText.sentence(e));
        }
        update = null;
        String rest = restore();
        return (failures.isEmpty() ? "" : "; users have lost " + PlainText.failures(failures)) + rest;
    }

    /** Takes from the next build what it still has, once the former ones serve. */
    private String restore() {
        try (Handover handover = means.handover().retire(fresh.getBundleId())) {
            Map<String, String> failures = handover.functions().isEmpty() ? Map.of() : handover.restore();
            return failures.isEmpty() ? "" : "; functions could not be restored: " + PlainText.failures(failures);
        } catch (RuntimeException | Error e) {
            return "; functions could not be restored: " + PlainText.sentence(e);
        }
    }

    /** Has the former builds leave; functions that one still has go to the next build by the way of a stop. */
    SwapOutcome finish() {
        end();
        moves = moves == null ? moves(null) : moves; // of a former run of deployment
        String account = formers.leave(moves);
        String driverless = moves.driverless();
        note(Journal.Step.DONE);
        tell(Phase.DONE, driverless);
        means.events().record("update-done", name(),
                PlainText.plain(account + (driverless == null ? "" : "; " + driverless)));
        return SwapOutcome.runs(fresh);
    }

    /** Ends the core's part; which build serves stays as it is. */
    void end() {
        Update ending = update;
        update = null;
        if (ending != null) {
            try {
                ending.close();
            } catch (RuntimeException | Error e) {
                warn("the core does not end the update of " + name() + ": " + PlainText.sentence(e));
            }
        }
    }

    /** Has the core know the update where it does not: after a former run of deployment, or another update on top. */
    private void goOn() {
        if (update == null) {
            update = stage();
            update.serve(policy == Policy.IDLE);
        }
    }

    /** Goes on after an update above it was undone. */
    private void resume() {
        try {
            goOn();
        } catch (RuntimeException | Error e) {
            warn("the update of " + name() + " is looked at again, since: " + PlainText.sentence(e));
        }
        due = Deadline.in(means.settings().retry());
    }

    /** Takes note, at the daemon's end, that nothing of it needs to be undone at the next start. */
    void settle() {
        if (phase.isOpen()) {
            note(Journal.Step.DONE);
        }
        end();
    }
}
