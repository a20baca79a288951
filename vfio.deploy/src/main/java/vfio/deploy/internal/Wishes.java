// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.osgi.framework.Version;
import vfio.core.VfioException;
import vfio.deploy.internal.Holds.Hold;
import vfio.deploy.internal.Holds.Why;

/**
 * The choice of the build that shall run, out of a symbolic name's files, its pin and its hold. Used by the deploy thread
 * alone.
 */
final class Wishes {
    private final Pins pins;
    private final Holds holds;
    private final Staging staging;

    Wishes(Pins pins, Holds holds, Staging staging) {
        this.pins = pins;
        this.holds = holds;
        this.staging = staging;
    }

    /** Returns the pinned version of a symbolic name, or null. */
    Version pin(String name) {
        return pins.of(name);
    }

    /** Returns the hold of a symbolic name. */
    Optional<Hold> hold(String name) {
        return holds.of(name);
    }

    /** Returns all holds, by symbolic name; from any thread. */
    List<Hold> holds() {
        return holds.all();
    }

    /**
     * Holds a build.
     *
     * @throws VfioException EIO where that cannot be stored
     */
    void hold(Build build, Why why, Build other) {
        holds.set(new Hold(build, why, other));
    }

    /**
     * Ends a hold; no effect where there is none.
     *
     * @throws VfioException EIO where that cannot be stored
     */
    void unhold(String name) {
        holds.end(name);
    }

    /** Returns the path that stands for the home of a build without a file. */
    Path staged(Build build) {
        return staging.path(build.digest());
    }

    /** Chooses as if nothing was held; the arguments are those of {@link WantedBuild#choose}. */
    Optional<WantedBuild> free(String name, List<DriverFile> files, RunningBuild running, boolean kept) {
        return WantedBuild.choose(files, running, kept, pins.of(name));
    }

    /** Chooses; a build that would be wanted and waits is marked so. */
    Optional<WantedBuild> choose(String name, List<DriverFile> files, RunningBuild running, boolean kept) {
        Optional<WantedBuild> free = free(name, files, running, kept);
        Hold hold = holds.of(name).orElse(null);
        if (hold == null || free.isPresent() && free.get().build().equals(hold.build())) {
            return free;
        }
        if (free.isEmpty()) { // a build without a file goes on running until its hold ends
            boolean runs = running != null && running.build().equals(hold.build())
                    && running.home().equals(staged(hold.build()));
            return runs ? Optional.of(new WantedBuild(hold.build(), Optional.empty())) : free;
        }
        boolean waits = hold.holds(free.get().build());
        if (!waits || !isHere(hold.build(), files) && (running == null || !running.build().equals(hold.build()))) {
            forget(name);
            return free;
        }
        free.get().file().ifPresent(file -> file.become(FileState.HELD, hold.reason()));
        return Optional.of(new WantedBuild(hold.build(),
                files.stream().filter(one -> one.build.equals(hold.build())).findFirst()));
    }

    /** Tells whether a build can be installed: it is one of the files, or its staged copy is here. */
    boolean isHere(Build build, List<DriverFile> files) {
        return files.stream().anyMatch(file -> file.build.equals(build)) || staging.holds(build.digest());
    }

    /**
     * Ends the hold of a build that does not run; the operator's hold stays, at the build that goes on.
     *
     * @param goesOn null where none does
     */
    void failed(Hold hold, RunningBuild goesOn) {
        if (hold.why() != Why.HELD || goesOn == null) {
            forget(hold.build().symbolicName());
            return;
        }
        try {
            hold(goesOn.build(), Why.HELD, null);
        } catch (VfioException e) {
            warn(e);
        }
    }

    /** Ends a hold that has come to nothing. */
    void forget(String name) {
        try {
            unhold(name);
        } catch (VfioException e) {
            warn(e);
        }
    }

    private static void warn(VfioException e) {
        System.getLogger(Wishes.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
    }
}
