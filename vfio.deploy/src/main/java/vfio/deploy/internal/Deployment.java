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
import org.osgi.framework.Bundle;
import org.osgi.framework.Version;

/**
 * What is in the folders and what runs of it: files are taken in one by one, then what runs is brought in line with what
 * is wanted. Used by the deploy thread alone.
 */
final class Deployment {
    private final Staging staging;
    private final Trust trust;
    private final DriverBundles bundles;
    private final Swap swap;
    private final Pins pins;
    private final Map<Path, DriverFile> files = new TreeMap<>();
    private final Map<String, Live> live = new TreeMap<>();
    private long arrivals;
    private boolean adopted;
    private volatile boolean ended;

    /** What runs of a symbolic name. */
    private record Live(Wanted.Running running, Bundle bundle) {
    }

    Deployment(Staging staging, Trust trust, DriverBundles bundles, Swap swap, Pins pins) {
        this.staging = staging;
        this.trust = trust;
        this.bundles = bundles;
        this.swap = swap;
        this.pins = pins;
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
    void take(Arrivals.Change change) {
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
            } catch (Refusal e) {
                files.put(path, DriverFile.refused(path, ++arrivals, null, null, e.getMessage()));
            } catch (IOException | RuntimeException | LinkageError | VirtualMachineError e) { // the next file may be better
                files.put(path, DriverFile.refused(path, ++arrivals, null, null, "cannot be read: " + Text.causes(e)));
            }
        }
    }

    private void stage(Path path, FileStamp stamp) throws IOException, Refusal {
        trust.check(path, stamp);
        String digest = staging.copy(path);
        if (!FileStamp.of(path).sameFileAs(stamp)) {
            return; // changed while it was copied; the next scan tells
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
        } catch (Refusal e) {
            Build build = jar == null ? null : new Build(jar.symbolicName(), jar.version(), digest);
            files.put(path, DriverFile.refused(path, ++arrivals, build, jar, e.getMessage()));
        }
    }

    /**
     * Brings what runs in line with what is wanted, one transaction after the other.
     *
     * @param progress told before the first, and after each
     */
    void reconcile(Runnable progress) {
        progress.run();
        if (!adopted) {
            adopt();
            adopted = true;
        }
        boolean again = true;
        while (again && !ended) {
            Object world = bundles.world();
            files.values().stream().filter(file -> file.mayResolveAmong(world))
                    .forEach(file -> file.become(FileState.WAITING, null));
            again = false;
            for (String name : names()) {
                if (!ended && reconcile(name)) {
                    again = true;
                    progress.run();
                }
            }
        }
        Set<String> needed = new HashSet<>();
        files.values().stream().filter(file -> file.state() != FileState.REFUSED && file.state() != FileState.FAILED)
                .forEach(file -> needed.add(file.build.digest()));
        staging.retain(needed);
    }

    private Set<String> names() {
        Set<String> names = new TreeSet<>(live.keySet());
        files.values().stream().filter(DriverFile::usable).forEach(file -> names.add(file.build.symbolicName()));
        return names;
    }

    /** Answers whether anything was done, so that there may be more to do. */
    private boolean reconcile(String name) {
        List<DriverFile> usable = files.values().stream()
                .filter(file -> file.usable() && file.build.symbolicName().equals(name)).toList();
        Live now = live.get(name);
        Version pin = pins.of(name);
        Optional<Wanted> wanted = Wanted.choose(usable, now == null ? null : now.running(), now != null && kept(now), pin);
        if (wanted.isEmpty()) {
            usable.forEach(file -> file.become(FileState.SUPERSEDED, "pinned to version " + pin + ", which is not here"));
            if (now != null) {
                live.remove(name);
                swap.go(now.bundle(), usable.isEmpty() ? "its file is gone" : "pinned to version " + pin);
            }
            return now != null;
        }
        usable.forEach(file -> wanted.get().pass(file, pin));
        return wanted.get().file().map(file -> run(file, now)).orElse(false);
    }

    /** Whether the file a build came from is still there with nothing in it that could take its place. */
    private boolean kept(Live now) {
        DriverFile home = files.get(now.running().home());
        return home != null && !home.usable();
    }

    private boolean run(DriverFile file, Live now) {
        Wanted.Running running = new Wanted.Running(file.build, file.path);
        if (now != null && now.running().build().equals(file.build)) {
            file.become(FileState.ACTIVE, null);
            live.put(file.build.symbolicName(), new Live(running, now.bundle()));
            return false;
        }
        Swap.Outcome outcome = now == null ? swap.come(file.build) : swap.replace(now.bundle(), file.build);
        if (outcome.state() == FileState.UNRESOLVED) {
            file.unresolved(outcome.reason(), bundles.world());
        } else {
            file.become(outcome.state(), outcome.reason());
        }
        if (outcome.bundle() != null) {
            live.put(file.build.symbolicName(), new Live(running, outcome.bundle()));
        } else if (now != null && !outcome.formerRuns()) {
            live.remove(file.build.symbolicName());
            files.values().stream().filter(other -> now.running().build().equals(other.build))
                    .forEach(other -> other.become(FileState.FAILED,
                            "it did not come back after " + file.name() + " failed"));
        }
        return true;
    }

    /** Starts no other transaction; from any thread. */
    void end() {
        ended = true;
    }

    /** Takes over what a former life of this component has left running, where its file is still here. */
    private void adopt() {
        Map<String, Bundle> left = new HashMap<>();
        bundles.ours().forEach(bundle -> left.put(bundle.getLocation(), bundle));
        for (DriverFile file : files.values()) {
            Bundle bundle = file.usable() ? left.get(file.build.location()) : null;
            if (bundle != null && bundle.getState() == Bundle.ACTIVE && !live.containsKey(file.build.symbolicName())) {
                live.put(file.build.symbolicName(), new Live(new Wanted.Running(file.build, file.path), bundle));
                left.remove(file.build.location());
            }
        }
        left.values().forEach(this::discard);
    }

    private void discard(Bundle bundle) {
        if (bundle.getState() == Bundle.ACTIVE) {
            swap.go(bundle, "left by a former run");
        } else {
            bundles.uninstall(bundle); // a framework that kept its cache over a restart: no function is with it
        }
    }
}
