// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleWiring;
import vfio.core.EventLog;
import vfio.core.thread.Deadline;

/**
 * The class loaders of builds that have left. One that a collection of classes has passed over is an event: something still
 * holds an object of that build. No collection is asked for, since it would hold up every user. From any thread.
 */
final class LeavingLoaders {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    /** Without any collection of classes there is no want of memory, and nothing to tell. */
    private static final int LOOKS = 60;

    private final EventLog events;
    private final Duration patience;
    private final LongSupplier unloaded;
    private final List<Leaving> leaving = new ArrayList<>();

    private record Leaving(String symbolicName, String build, WeakReference<ClassLoader> loader, long unloadedBefore,
            Deadline look, int looks) {
    }

    LeavingLoaders(EventLog events) {
        this(events, PATIENCE, () -> ManagementFactory.getClassLoadingMXBean().getUnloadedClassCount());
    }

    /** Watches with another patience, and another count of the classes that were collected. */
    LeavingLoaders(EventLog events, Duration patience, LongSupplier unloaded) {
        this.events = events;
        this.patience = patience;
        this.unloaded = unloaded;
    }

    /** Watches a bundle that is about to leave. */
    synchronized void watch(Bundle bundle) {
        BundleWiring wiring = bundle.adapt(BundleWiring.class);
        ClassLoader loader = wiring == null ? null : wiring.getClassLoader();
        if (loader != null) {
            leaving.add(new Leaving(bundle.getSymbolicName(), Installer.name(bundle) + " (bundle "
                    + bundle.getBundleId() + ")",
                    new WeakReference<>(loader), unloaded.getAsLong(), Deadline.in(patience), LOOKS));
        }
    }

    /** Looks at the loaders whose time has come; returns the nanoseconds until the next look. */
    synchronized long look() {
        List<Leaving> again = new ArrayList<>();
        leaving.removeIf(one -> {
            if (one.loader().refersTo(null)) {
                return true;
            }
            if (!one.look().passed()) {
                return false;
            }
            if (unloaded.getAsLong() > one.unloadedBefore()) {
                events.record("loader-kept", one.symbolicName(), "classes of " + one.build()
                        + " are still in memory after a collection of classes: something holds an object of it");
            } else if (one.looks() > 1) {
                again.add(new Leaving(one.symbolicName(), one.build(), one.loader(), one.unloadedBefore(),
                        Deadline.in(patience), one.looks() - 1));
            }
            return true;
        });
        leaving.addAll(again);
        return leaving.stream().mapToLong(one -> Math.max(0, one.look().leftNanos())).min().orElse(Long.MAX_VALUE);
    }
}
