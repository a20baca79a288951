// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import vfio.core.VfioException;
import vfio.deploy.internal.Holds.Why;
import vfio.deploy.internal.Journal.Entry;

/**
 * What a former run of deployment has left: builds that run, since only this component was stopped, and updates that were cut
 * off, since the whole daemon was. Used by the deploy thread alone.
 */
final class FormerRun {
    private final DriverBundles bundles;
    private final Swap swap;
    private final Journal journal;
    private final Wishes wishes;
    private final OpenUpdates updates;
    private final Transactions transactions;

    FormerRun(DriverBundles bundles, Swap swap, Journal journal, Wishes wishes, OpenUpdates updates,
            Transactions transactions) {
        this.bundles = bundles;
        this.swap = swap;
        this.journal = journal;
        this.wishes = wishes;
        this.updates = updates;
        this.transactions = transactions;
    }

    /**
     * Takes over the builds that run, where their files are still here, goes on with their updates, and discards the rest.
     *
     * @param live gets the running builds by symbolic name
     */
    void adopt(List<DriverFile> files, Map<String, RunningBuild> live) {
        List<Bundle> left = new ArrayList<>(bundles.ours());
        journal.open().forEach((name, entry) -> cutOff(name, entry, files, live, left));
        for (Bundle bundle : List.copyOf(left)) {
            wishes.hold(bundle.getSymbolicName()).map(Holds.Hold::build).filter(build -> bundle.equals(active(left, build)))
                    .filter(build -> !live.containsKey(build.symbolicName()))
                    .ifPresent(build -> adopt(running(build, bundle, files), live, left));
        }
        for (DriverFile file : files) {
            Bundle bundle = file.usable() ? active(left, file.build) : null;
            if (bundle != null && !live.containsKey(file.build.symbolicName())) {
                adopt(new RunningBuild(file.build, file.path, bundle), live, left);
            }
        }
        left.stream().collect(Collectors.groupingBy(Bundle::getSymbolicName)).forEach(this::discard);
    }

    private static Bundle active(List<Bundle> left, Build build) {
        return left.stream().filter(bundle -> bundle.getLocation().equals(build.location())
                && bundle.getState() == Bundle.ACTIVE).findFirst().orElse(null);
    }

    private void adopt(RunningBuild build, Map<String, RunningBuild> live, List<Bundle> left) {
        bundles.adopt(build.bundle());
        live.put(build.build().symbolicName(), build);
        left.remove(build.bundle());
    }

    /** Goes on with an update whose builds run side by side; after the end of a daemon, has the former build run. */
    private void cutOff(String name, Entry entry, List<DriverFile> files, Map<String, RunningBuild> live,
            List<Bundle> left) {
        Bundle from = active(left, entry.from());
        Bundle to = active(left, entry.to());
        try {
            if (from != null && to != null) {
                adopt(running(entry.to(), to, files), live, left);
                List<RunningBuild> formers = new ArrayList<>(List.of(running(entry.from(), from, files)));
                left.removeIf(formers.get(0).bundle()::equals);
                updates.resume(formers, live.get(name));
            } else if (to != null) {
                journal.step(name, Journal.Step.DONE);
            } else if (from != null) {
                journal.undone(name, null);
            } else {
                wishes.hold(entry.from(), Why.INTERRUPTED, entry.to());
                journal.undone(name, null);
            }
        } catch (VfioException e) {
            System.getLogger(FormerRun.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
        }
    }

    private RunningBuild running(Build build, Bundle bundle, List<DriverFile> files) {
        Optional<DriverFile> file = files.stream().filter(one -> build.equals(one.build)).findFirst();
        return new RunningBuild(build, file.map(one -> one.path).orElse(wishes.staged(build)), bundle);
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
