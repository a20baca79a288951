// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
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
 * What is in the folders and what runs of it: files are taken in one by one, then what runs is brought in line with what
 * is wanted. Used by the deploy thread alone.
 */
final class Reconciler {
    private final Staging staging;
    private final Trust trust;
    private final DriverBundles bundles;
    private final Swap swap;
    private final Pins pins;
    private final Transactions transactions;
    private final Map<Path, DriverFile> files = new TreeMap<>();
    private final Map<String, Live> live = new TreeMap<>();
    private long arrivals;
    private boolean adopted;
    private volatile boolean ended;

    /** What runs of a symbolic name. */
    private record Live(WantedBuild.RunningBuild running, Bundle bundle) {
    }

    Reconciler(Staging staging, Trust trust, DriverBundles bundles, Swap swap, Pins pins,
            Transactions transactions) {
        this.staging = staging;
        this.trust = trust;
        this.bundles = bundles;
        this.swap = swap;
        this.pins = pins;
        this.transactions = transactions;
    }

    List<DriverFile> files() {
        return List.copyOf(files.values());
    }

    /** The number of the bundle that runs a build, or null. */
    Long bundleId(Build build) {
        Live running = build == null ? null : live.get(build.symbolicName());
        return running != null && running.running().build().equals(build) ? running.bundle().getBundleId() : null;
    }

    /** A sentence about the build that runs although this file, its own, holds something else now; or null. */
    String keeps(DriverFile file) {
        return live.values().stream().map(Live::running)
                .filter(running -> running.home().equals(file.path) && !running.build().equals(file.build))
                .map(running -> running.build() + " keeps running").findFirst().orElse(null);
    }

    /** Takes in a file that came, changed or went. */
    void take(FileArrivals.FileChange change) {
        Path path = change.path();
        if (change.stamp() == null) {
            files.remove(path);
        } else if (change.objection() != null) {
            files.put(path, DriverFile.refused(path, ++arrivals, null, null, change.objection()));
        } else {
            try {
                stage(path, change.stamp());
            } catch (NoSuchFileException e) {
                // Deleted meanwhile; the next scan tells.
            } catch (JarRefusal e) {
                files.put(path, DriverFile.refused(path, ++arrivals, null, null, e.getMessage()));
            } catch (IOException | RuntimeException | LinkageError | VirtualMachineError e) { // the next file may be better
                files.put(path, DriverFile.refused(path, ++arrivals, null, null, "cannot be read: " + PlainText.causes(e)));
            }
        }
    }

    private void stage(Path path, FileStamp stamp) throws IOException, JarRefusal {
        Path real = trust.check(path);
        if (!FileStamp.of(real).sameFileAs(stamp)) {
            return; // changed since it was seen; the next scan tells
        }
        String digest = staging.copy(real);
        if (!FileStamp.of(real).sameFileAs(stamp)) {
            return; // changed while it was copied
        }
        DriverFile before = files.get(path);
        if (before != null && before.build != null && before.build.digest().equals(digest) && before.usable()) {
            return; // touched, no more
        }
        DriverJar jar = null;
        try {
            jar = ManifestReader.read(staging.path(digest));
            JarInspection.read(staging.path(digest), bundles.platform());
            Build build = new Build(jar.symbolicName(), jar.version(), digest);
            files.put(path, new DriverFile(path, ++arrivals, build, jar));
        } catch (JarRefusal e) {
            Build build = jar == null ? null : new Build(jar.symbolicName(), jar.version(), digest);
            files.put(path, DriverFile.refused(path, ++arrivals, build, jar, e.getMessage()));
        }
    }

    /** Takes in what has ended since, and begins what brings that in line which runs with what is wanted. */
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

    /** Whether no transaction is under way, so that what is in the folders has been handled. */
    boolean idle() {
        return transactions.idle();
    }

    /** Equal as long as what a driver could be wired to is the same. */
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
        Optional<WantedBuild> wanted = WantedBuild.choose(usable, now == null ? null : now.running(), now != null && kept(now), pin);
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

    /** Whether the file a build came from is still there with nothing in it that could take its place. */
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

    /** What stopped behind our back is started again once; what stops again is broken, or somebody's will. */
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

    /** @param world what was here when the transaction began: what has come since may be what it lacks */
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

    /** A driver whose provider has changed, and which cannot run any more. */
    private void lost(String name, Dependents.Lost how, Object world) {
        Live former = live.remove(name);
        DriverFile file = former == null ? null : files.get(former.running().home());
        if (file != null && file.usable() && file.build.equals(former.running().build())) {
            file.become(how.state(), how.reason(), world);
        }
    }

    /** Begins no other transaction, and waits for those under way; once the deploy thread has ended. */
    void end() {
        ended = true;
        transactions.close();
    }

    /** Takes over what a former life of this component has left running, where its file is still here. */
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
