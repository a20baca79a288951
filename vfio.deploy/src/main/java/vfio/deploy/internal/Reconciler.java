// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.osgi.framework.Version;
import vfio.deploy.UpdateAdmin.UpdateRow;

/**
 * Reconciles the running builds with the files in the folders: files are taken in one by one, and then transactions are begun
 * that bring the running builds in line with the wanted ones. Used by the deploy thread alone.
 */
final class Reconciler {
    private final Staging staging;
    private final DriverFiles files;
    private final DriverBundles bundles;
    private final Swap swap;
    private final OpenUpdates updates;
    private final Wishes wishes;
    private final FormerRun formerRun;
    private final Transactions transactions;
    private final Map<String, RunningBuild> live = new TreeMap<>();
    /** The builds that are taking the place of running ones now, by symbolic name. */
    private final Map<String, Build> coming = new HashMap<>();
    /** The names of open updates that are looked at now. */
    private final Set<String> lookedAfter = new HashSet<>();
    private boolean adopted;
    private volatile boolean ended;

    Reconciler(Staging staging, Trust trust, DriverBundles bundles, Swap swap, OpenUpdates updates, Wishes wishes,
            FormerRun formerRun, Transactions transactions) {
        this.staging = staging;
        this.bundles = bundles;
        this.swap = swap;
        this.updates = updates;
        this.wishes = wishes;
        this.formerRun = formerRun;
        this.transactions = transactions;
        files = new DriverFiles(new FileIntake(staging, trust, bundles));
    }

    /** Returns the files as they were last handled. */
    DriverFiles files() {
        return files;
    }

    /** Returns the running build of a symbolic name, or null. */
    RunningBuild running(String name) {
        return live.get(name);
    }

    /** Returns the build that runs, or the one that is taking its place now; null where none runs. */
    Build runningOrComing(String name) {
        RunningBuild now = live.get(name);
        return now == null ? null : coming.getOrDefault(name, now.build());
    }

    /** Returns a sentence about the build that runs although its own file, this one, holds other content now; or null. */
    String keeps(DriverFile file) {
        return live.values().stream()
                .filter(running -> running.home().equals(file.path) && !running.build().equals(file.build))
                .map(running -> running.build() + " keeps running").findFirst().orElse(null);
    }

    /**
     * Takes in the transactions that have ended, and begins those that bring the running builds in line with the wanted ones.
     */
    void reconcile() {
        transactions.takeNews();
        if (!adopted) {
            formerRun.adopt(files.all(), live);
            adopted = true;
        }
        Object world = world();
        files.all().stream().filter(file -> file.mayResolveAmong(world))
                .forEach(file -> file.become(FileState.WAITING, null));
        for (String name : names()) {
            if (goesOn() && !busy(name)) {
                reconcile(name);
            }
        }
        if (transactions.idle()) {
            Set<String> needed = files.digests();
            live.values().forEach(running -> needed.add(running.build().digest()));
            staging.retain(needed);
        }
    }

    private boolean goesOn() {
        return !ended && !bundles.frameworkEnds();
    }

    /** Tells whether a transaction is under way for a name. */
    boolean busy(String name) {
        return transactions.busy(Set.of(name));
    }

    /** Tells whether the transaction that is under way for a name is only a look at its open update. */
    boolean isLookedAfter(String name) {
        return lookedAfter.contains(name);
    }

    /** Tells whether no transaction is under way, so that the files in the folders have been handled. */
    boolean idle() {
        return transactions.idle();
    }

    /** Returns the nanoseconds until an open update is to be looked at. */
    long dueNanos() {
        return goesOn() ? updates.due(this::busy) : Long.MAX_VALUE;
    }

    /** Returns a value that is equal as long as the bundles to which a driver could be wired are the same. */
    private Object world() {
        Set<Build> running = new HashSet<>();
        live.values().forEach(one -> running.add(one.build()));
        return List.of(bundles.others(), running);
    }

    private Set<String> names() {
        Set<String> names = files.names();
        names.addAll(live.keySet());
        return names;
    }

    /** Returns the build that would run if nothing was held. */
    Optional<WantedBuild> free(String name) {
        return wishes.free(name, files.usable(name), live.get(name), kept(live.get(name)));
    }

    /** Returns the build that would run if nothing was held and nothing had failed; it is staged. */
    Optional<WantedBuild> wantedOfAll(String name) {
        return wishes.free(name, files.candidates(name), live.get(name), kept(live.get(name)));
    }

    /** Returns the symbolic names of driver bundles by what names each: that name, and the name of each driver in it. */
    Map<String, String> byDriver() {
        Map<String, String> names = files.byDriver();
        live.keySet().forEach(name -> names.put(name, name));
        return names;
    }

    private void reconcile(String name) {
        RunningBuild now = live.get(name);
        if (now != null && now.stopped()) {
            again(name, now);
            return;
        }
        List<DriverFile> usable = files.usable(name);
        Version pin = wishes.pin(name);
        Optional<WantedBuild> wanted = wishes.choose(name, usable, now, kept(now)).or(() -> ofNoFile(name, now));
        if (wanted.isEmpty()) {
            usable.forEach(file -> file.become(FileState.SUPERSEDED, "pinned to version " + pin + ", which is not here"));
            if (now != null) {
                go(name, now, usable.isEmpty() ? "its file is gone" : "pinned to version " + pin);
            }
            return;
        }
        Optional<DriverFile> home = wanted.get().file();
        WantedBuild best = free(name).orElse(wanted.get()); // another than the wanted one where it is held
        usable.stream().filter(file -> home.isEmpty() || file != home.get())
                .filter(file -> best.file().isEmpty() || file != best.file().get())
                .filter(file -> now == null || !file.build.equals(now.build())
                        || file.build.equals(wanted.get().build())) // it is active until the other has taken over
                .forEach(file -> (file.build.equals(wanted.get().build()) ? wanted.get() : best).pass(file, pin));
        run(name, wanted.get(), now);
    }

    /** Returns the running build where it has no file, and the only ones that could take its place have failed to. */
    private Optional<WantedBuild> ofNoFile(String name, RunningBuild now) {
        boolean goesOn = now != null && now.home().equals(wishes.staged(now.build())) && files.usable(name).isEmpty()
                && !files.candidates(name).isEmpty();
        return goesOn ? Optional.of(new WantedBuild(now.build(), Optional.empty())) : Optional.empty();
    }

    /** Tells whether the file of the running build is still there, with content that cannot be used. */
    private boolean kept(RunningBuild now) {
        DriverFile home = now == null ? null : files.at(now.home());
        return home != null && !home.usable();
    }

    private void run(String name, WantedBuild wanted, RunningBuild now) {
        if (now != null && now.build().equals(wanted.build())) {
            wanted.file().ifPresent(file -> {
                file.become(FileState.ACTIVE, null);
                live.put(name, new RunningBuild(file.build, file.path, now.bundle()));
            });
            LiveUpdate update = updates.of(name);
            if (update != null && update.due().passed()) {
                lookedAfter.add(name);
                act(update, update::look);
            }
        } else if (now == null) {
            wait(wanted);
            Object world = world();
            begin(Set.of(name), () -> swap.come(wanted.build(), phase(wanted)), outcome -> ran(wanted, null, outcome, world));
        } else {
            exchange(name, wanted, now);
        }
    }

    private void exchange(String name, WantedBuild wanted, RunningBuild now) {
        LiveUpdate update = updates.of(name);
        Set<String> names = withDependents(name, now);
        if (transactions.busy(names)) {
            return;
        }
        boolean alone = names.size() == 1;
        if (update != null && wanted.build().equals(update.former().build())) {
            act(update, update::revoke);
        } else if (update != null && (update.phase() == LiveUpdate.Phase.SOAKING || !alone)) {
            act(update, update::finish); // the next round goes on with one build
        } else if (alone) {
            wait(wanted);
            Object world = world();
            LiveUpdate next = updates.next(now, wanted.build());
            coming.put(name, wanted.build());
            begin(names, () -> Swap.whole(() -> next.begin(phase(wanted))), outcome -> {
                updates.take(next);
                ran(wanted, now, outcome, world);
            });
        } else {
            wait(wanted);
            Object world = world();
            coming.put(name, wanted.build());
            begin(names, () -> updates.stopped(now.build(), wanted.build(),
                    () -> swap.replace(now.bundle(), wanted.build(), phase(wanted))), outcome -> {
                updates.show(new UpdateRow(name, outcome.bundle() == null ? "failed" : "done", now.build().versionAndDigest(),
                        wanted.build().versionAndDigest(), 0, 0, outcome.reason()));
                ran(wanted, now, outcome, world);
            });
        }
    }

    /** Has a file that was held show the progress of its transaction. */
    private static void wait(WantedBuild wanted) {
        wanted.file().filter(file -> file.state() == FileState.HELD)
                .ifPresent(file -> file.become(FileState.WAITING, null));
    }

    /** Begins an act on an open update; where the next build leaves by it, the former one is the running one again. */
    void act(LiveUpdate update, Supplier<SwapOutcome> act) {
        String name = update.to().symbolicName();
        RunningBuild next = live.get(name);
        begin(Set.of(name), () -> Swap.whole(act), outcome -> {
            lookedAfter.remove(name);
            updates.take(update);
            if (outcome.bundle() == null) {
                live.put(name, update.former());
                DriverFile file = files.homeOf(next);
                if (file != null) {
                    file.become(outcome.state(), outcome.reason());
                }
                failed(update.to(), update.former());
            } else if (outcome.reason() != null) {
                stays(next, update.former().build(), outcome.reason());
            }
        });
    }

    /**
     * Takes in that a running build does not give way to another one that was wanted: that one's hold ends, and where it is
     * its file that makes it wanted, since the running build has none any more, that file has failed.
     */
    private void stays(RunningBuild running, Build wanted, String reason) {
        failed(wanted, running);
        String name = running.build().symbolicName();
        free(name).filter(one -> one.build().equals(wanted)).flatMap(WantedBuild::file)
                .ifPresent(file -> file.become(FileState.FAILED, reason));
        if (files.at(running.home()) == null && running.equals(live.get(name))) {
            live.put(name, new RunningBuild(running.build(), wishes.staged(running.build()), running.bundle()));
        }
    }

    private void go(String name, RunningBuild now, String why) {
        Set<String> names = withDependents(name, now);
        if (!transactions.busy(names)) {
            LiveUpdate update = updates.of(name);
            live.remove(name);
            begin(names, () -> {
                if (update != null) {
                    update.finish();
                }
                return swap.go(now.bundle(), why);
            }, outcome -> {
                updates.forget(name);
                wishes.forget(name);
            });
        }
    }

    /** Starts a build again whose bundle was stopped by others, once: a build that stops twice is broken, or unwanted. */
    private void again(String name, RunningBuild now) {
        Build build = now.build();
        DriverFile file = files.homeOf(now);
        Set<String> names = withDependents(name, now);
        if (transactions.busy(names)) {
            return;
        }
        LiveUpdate update = updates.of(name);
        if (update != null) {
            act(update, () -> update.back("its bundle has stopped", FileState.FAILED));
            return;
        }
        live.remove(name);
        if (file != null && file.mayComeBack()) {
            file.become(FileState.WAITING, "its bundle has stopped and is started again");
            WantedBuild same = new WantedBuild(build, Optional.of(file));
            Object world = world();
            begin(names, () -> swap.again(now.bundle(), build, phase(same)), outcome -> ran(same, null, outcome, world));
        } else {
            begin(names, () -> swap.go(now.bundle(), "its bundle has stopped"), outcome -> { });
            if (file != null) {
                file.become(FileState.FAILED, "its bundle was stopped twice by another than deployment; copy the file again "
                        + "to start it");
            }
        }
    }

    private Set<String> withDependents(String name, RunningBuild running) {
        Set<String> names = new TreeSet<>(Set.of(name));
        bundles.dependents(running.bundle()).forEach(dependent -> names.add(dependent.getSymbolicName()));
        return names;
    }

    private Consumer<String> phase(WantedBuild wanted) {
        return text -> transactions.tell(() -> wanted.file().ifPresent(file -> file.progress(text)));
    }

    private void begin(Set<String> names, Supplier<SwapOutcome> act, Consumer<SwapOutcome> then) {
        Object world = world();
        transactions.begin(names, act, outcome -> {
            if (!bundles.frameworkEnds()) { // what could not be done there says nothing of a file
                then.accept(outcome);
                outcome.lost().forEach((name, how) -> lost(name, how, world));
            }
        });
    }

    /** Begins another act on a name, which leaves the running build as it is. */
    void beside(String name, Runnable act) {
        transactions.begin(Set.of(name), () -> {
            act.run();
            return name;
        }, done -> { });
    }

    /**
     * Takes in the outcome of a transaction that was to run a build.
     *
     * @param world the bundles when the transaction began: a later one may be what the build lacks
     */
    private void ran(WantedBuild wanted, RunningBuild before, SwapOutcome outcome, Object world) {
        String name = wanted.build().symbolicName();
        coming.remove(name);
        wanted.file().ifPresent(file -> file.become(outcome.state(), outcome.reason(), world));
        if (outcome.bundle() != null) {
            Path home = wanted.file().map(file -> file.path).orElse(wishes.staged(wanted.build()));
            live.put(name, new RunningBuild(wanted.build(), home, outcome.bundle()));
            return;
        }
        failed(wanted.build(), outcome.formerRuns() ? before : null);
        if (before != null && !outcome.formerRuns()) {
            live.remove(name);
            files.all().stream().filter(other -> before.build().equals(other.build))
                    .forEach(other -> other.become(FileState.FAILED, "it did not come back after "
                            + wanted.file().map(DriverFile::name).orElse(wanted.build().toString()) + " failed"));
        }
    }

    /**
     * Ends the hold of a build that does not run, else it would be tried for ever; the operator's hold stays, at the build
     * that goes on.
     */
    private void failed(Build build, RunningBuild goesOn) {
        Optional<Holds.Hold> hold = wishes.hold(build.symbolicName()).filter(one -> one.build().equals(build));
        if (hold.isPresent()) {
            wishes.failed(hold.get(), goesOn);
        }
    }

    /** Takes in that a driver, whose provider has changed, cannot run any more. */
    private void lost(String name, Dependents.Lost how, Object world) {
        RunningBuild former = live.remove(name);
        DriverFile file = former == null ? null : files.homeOf(former);
        if (file != null) {
            file.become(how.state(), how.reason(), world);
        }
    }

    /** Returns the builds that are held, as updates that have not begun. */
    List<UpdateRow> held() {
        List<UpdateRow> rows = new ArrayList<>();
        for (DriverFile file : files.all()) {
            RunningBuild now = file.state() == FileState.HELD ? live.get(file.build.symbolicName()) : null;
            if (now != null) {
                rows.add(new UpdateRow(file.build.symbolicName(), "held", now.build().versionAndDigest(),
                        file.build.versionAndDigest(), 0, 0, file.reason()));
            }
        }
        return rows;
    }

    /** Begins no other transaction, and waits for those under way; from any thread. */
    void end() {
        ended = true;
        updates.hurry();
        transactions.close();
    }

    /** Ends the open updates, when the deploy thread has ended. */
    void endUpdates() {
        transactions.takeNews();
        updates.end(bundles.frameworkEnds());
    }
}
