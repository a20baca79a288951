// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.nio.file.Path;
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
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.Version;

/**
 * Reconciles the running builds with the files in the folders: files are taken in one by one, and then transactions are begun
 * that bring the running builds in line with the wanted ones. Used by the deploy thread alone.
 */
final class Reconciler {
    private final Staging staging;
    private final FileIntake intake;
    private final DriverBundles bundles;
    private final Swap swap;
    private final Pins pins;
    private final Transactions transactions;
    private final Map<Path, DriverFile> files = new TreeMap<>();
    private final Map<String, Live> live = new TreeMap<>();
    private boolean adopted;
    private volatile boolean ended;

    /** The running build of a symbolic name, and its bundle. */
    private record Live(WantedBuild.RunningBuild running, Bundle bundle) {
    }

    Reconciler(Staging staging, Trust trust, DriverBundles bundles, Swap swap, Pins pins,
            Transactions transactions) {
        this.staging = staging;
        this.bundles = bundles;
        this.swap = swap;
        this.pins = pins;
        this.transactions = transactions;
        intake = new FileIntake(staging, trust, bundles);
    }

    /** Returns the files as they were last handled. */
    List<DriverFile> files() {
        return List.copyOf(files.values());
    }

    /** Returns the number of the bundle that runs a build, or null. */
    Long bundleId(Build build) {
        Live running = build == null ? null : live.get(build.symbolicName());
        return running != null && running.running().build().equals(build) ? running.bundle().getBundleId() : null;
    }

    /** Returns a sentence about the build that runs although its own file, this one, holds other content now; or null. */
    String keeps(DriverFile file) {
        return live.values().stream().map(Live::running)
                .filter(running -> running.home().equals(file.path) && !running.build().equals(file.build))
                .map(running -> running.build() + " keeps running").findFirst().orElse(null);
    }

    /** Takes in a file that came, changed or went. */
    void take(FileArrivals.FileChange change) {
        Path path = change.path();
        DriverFile now = change.stamp() == null ? null : intake.read(change, files.get(path));
        if (now == null) {
            files.remove(path);
        } else {
            files.put(path, now);
        }
    }

    /**
     * Takes in the transactions that have ended, and begins those that bring the running builds in line with the wanted ones.
     */
    void reconcile() {
        transactions.takeNews();
        if (!adopted) {
            adopt();
            adopted = true;
        }
        Object world = world();
        files.values().stream().filter(file -> file.mayResolveAmong(world))
                .forEach(file -> file.become(FileState.WAITING, null));
        for (String name : names()) {
            if (!ended && !bundles.frameworkEnds() && !transactions.busy(Set.of(name))) {
                reconcile(name);
            }
        }
        if (transactions.idle()) {
            Set<String> needed = new HashSet<>();
            files.values().stream().filter(file -> file.state() != FileState.REFUSED && file.state() != FileState.FAILED)
                    .forEach(file -> needed.add(file.build.digest()));
            staging.retain(needed);
        }
    }

    /** Tells whether no transaction is under way, so that the files in the folders have been handled. */
    boolean idle() {
        return transactions.idle();
    }

    /** Returns a value that is equal as long as the bundles to which a driver could be wired are the same. */
    private Object world() {
        Set<Build> running = new HashSet<>();
        live.values().forEach(one -> running.add(one.running().build()));
        return List.of(bundles.others(), running);
    }

    private Set<String> names() {
        Set<String> names = new TreeSet<>(live.keySet());
        files.values().stream().filter(DriverFile::usable).forEach(file -> names.add(file.build.symbolicName()));
        return names;
    }

    private void reconcile(String name) {
        Live now = live.get(name);
        if (now != null && stopped(now.bundle())) {
            again(name, now);
            return;
        }
        List<DriverFile> usable = files.values().stream()
                .filter(file -> file.usable() && file.build.symbolicName().equals(name)).toList();
        Version pin = pins.of(name);
        Optional<WantedBuild> wanted = WantedBuild.choose(usable, now == null ? null : now.running(),
                now != null && kept(now), pin);
        if (wanted.isEmpty()) {
            usable.forEach(file -> file.become(FileState.SUPERSEDED, "pinned to version " + pin + ", which is not here"));
            if (now != null) {
                go(name, now, usable.isEmpty() ? "its file is gone" : "pinned to version " + pin);
            }
            return;
        }
        Optional<DriverFile> home = wanted.get().file();
        usable.stream().filter(file -> home.isEmpty() || file != home.get())
                .filter(file -> now == null || !file.build.equals(now.running().build())
                        || file.build.equals(wanted.get().build())) // it is active until the other has taken over
                .forEach(file -> wanted.get().pass(file, pin));
        home.ifPresent(file -> run(file, now));
    }

    private static boolean stopped(Bundle bundle) {
        return (bundle.getState() & (Bundle.INSTALLED | Bundle.RESOLVED | Bundle.UNINSTALLED)) != 0;
    }

    /** Tells whether the file of the running build is still there, with content that cannot be used. */
    private boolean kept(Live now) {
        DriverFile home = files.get(now.running().home());
        return home != null && !home.usable();
    }

    private void run(DriverFile file, Live now) {
        String name = file.build.symbolicName();
        if (now != null && now.running().build().equals(file.build)) {
            file.become(FileState.ACTIVE, null);
            live.put(name, new Live(new WantedBuild.RunningBuild(file.build, file.path), now.bundle()));
        } else if (now == null) {
            Object world = world();
            begin(Set.of(name), () -> swap.come(file.build, phase(file)), outcome -> ran(file, null, outcome, world));
        } else {
            Set<String> names = withDependents(name, now.bundle());
            if (!transactions.busy(names)) {
                Object world = world();
                begin(names, () -> swap.replace(now.bundle(), file.build, phase(file)),
                        outcome -> ran(file, now, outcome, world));
            }
        }
    }

    private void go(String name, Live now, String why) {
        Set<String> names = withDependents(name, now.bundle());
        if (!transactions.busy(names)) {
            live.remove(name);
            begin(names, () -> swap.go(now.bundle(), why), outcome -> { });
        }
    }

    /** Starts a build again whose bundle was stopped by others, once: a build that stops twice is broken, or unwanted. */
    private void again(String name, Live now) {
        Build build = now.running().build();
        DriverFile file = files.get(now.running().home());
        boolean whole = file != null && file.usable() && file.build.equals(build);
        Set<String> names = withDependents(name, now.bundle());
        if (transactions.busy(names)) {
            return;
        }
        live.remove(name);
        if (whole && file.mayComeBack()) {
            file.become(FileState.WAITING, "its bundle has stopped and is started again");
            Object world = world();
            begin(names, () -> swap.again(now.bundle(), build, phase(file)), outcome -> ran(file, null, outcome, world));
        } else {
            begin(names, () -> swap.go(now.bundle(), "its bundle has stopped"), outcome -> { });
            if (whole) {
                file.become(FileState.FAILED, "its bundle was stopped twice by another than deployment; copy the file again "
                        + "to start it");
            }
        }
    }

    private Set<String> withDependents(String name, Bundle bundle) {
        Set<String> names = new TreeSet<>(Set.of(name));
        bundles.dependents(bundle).forEach(dependent -> names.add(dependent.getSymbolicName()));
        return names;
    }

    private Consumer<String> phase(DriverFile file) {
        return text -> transactions.tell(() -> file.progress(text));
    }

    private void begin(Set<String> names, Supplier<Swap.SwapOutcome> act, Consumer<Swap.SwapOutcome> then) {
        Object world = world();
        transactions.begin(names, act, outcome -> {
            if (!bundles.frameworkEnds()) { // what could not be done there says nothing of a file
                then.accept(outcome);
                outcome.lost().forEach((name, how) -> lost(name, how, world));
            }
        });
    }

    /**
     * Takes in the outcome of a transaction that was to run a build.
     *
     * @param world the bundles when the transaction began: a later one may be what the build lacks
     */
    private void ran(DriverFile file, Live before, Swap.SwapOutcome outcome, Object world) {
        String name = file.build.symbolicName();
        file.become(outcome.state(), outcome.reason(), world);
        if (outcome.bundle() != null) {
            live.put(name, new Live(new WantedBuild.RunningBuild(file.build, file.path), outcome.bundle()));
        } else if (before != null && !outcome.formerRuns()) {
            live.remove(name);
            files.values().stream().filter(other -> before.running().build().equals(other.build))
                    .forEach(other -> other.become(FileState.FAILED,
                            "it did not come back after " + file.name() + " failed"));
        }
    }

    /** Takes in that a driver, whose provider has changed, cannot run any more. */
    private void lost(String name, Dependents.Lost how, Object world) {
        Live former = live.remove(name);
        DriverFile file = former == null ? null : files.get(former.running().home());
        if (file != null && file.usable() && file.build.equals(former.running().build())) {
            file.become(how.state(), how.reason(), world);
        }
    }

    /** Begins no other transaction, and waits for those under way. */
    void end() {
        ended = true;
        transactions.close();
    }

    /** Takes over the builds that a former run of this component has left running, where their files are still here. */
    private void adopt() {
        Map<String, Bundle> left = new HashMap<>();
        bundles.ours().forEach(bundle -> left.put(bundle.getLocation(), bundle));
        for (DriverFile file : files.values()) {
            Bundle bundle = file.usable() ? left.get(file.build.location()) : null;
            if (bundle != null && bundle.getState() == Bundle.ACTIVE && !live.containsKey(file.build.symbolicName())) {
                bundles.adopt(bundle);
                live.put(file.build.symbolicName(), new Live(new WantedBuild.RunningBuild(file.build, file.path), bundle));
                left.remove(file.build.location());
            }
        }
        left.values().stream().collect(Collectors.groupingBy(Bundle::getSymbolicName)).forEach(this::discard);
    }

    private void discard(String name, List<Bundle> left) {
        transactions.begin(Set.of(name), () -> {
            for (Bundle bundle : left) {
                if (bundle.getState() == Bundle.ACTIVE) {
                    swap.go(bundle, "left by a former run");
                } else {
                    bundles.uninstall(bundle); // a framework that kept its cache over a restart: no function is with it
                }
            }
            return left;
        }, gone -> { });
    }
}
