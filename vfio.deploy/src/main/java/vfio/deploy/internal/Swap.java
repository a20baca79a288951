// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.Map;
import org.osgi.framework.Bundle;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.pci.core.admin.DriverHandover;
import vfio.pci.core.admin.DriverHandover.Handover;

/**
 * The transactions on driver bundles: a build comes, takes over from another, or goes. Each either does all of it or
 * leaves the former build running, as far as that one still can.
 */
final class Swap {
    private final DriverBundles bundles;
    private final Staging staging;
    private final DriverHandover core;
    private final EventLog events;

    Swap(DriverBundles bundles, Staging staging, DriverHandover core, EventLog events) {
        this.bundles = bundles;
        this.staging = staging;
        this.core = core;
        this.events = events;
    }

    /**
     * How a transaction ended.
     *
     * @param bundle the bundle of the new build, null where it does not run
     * @param state of the new build's file
     * @param reason why it does not run, or null
     * @param formerRuns whether the former build runs again
     */
    record Outcome(Bundle bundle, FileState state, String reason, boolean formerRuns) {
        private static Outcome not(FileState state, String reason) {
            return new Outcome(null, state, reason, true);
        }
    }

    /** Installs, resolves and starts a build where none of its name runs. */
    Outcome come(Build build) {
        Bundle bundle;
        try {
            bundle = bundles.install(build, staging.path(build.digest()));
        } catch (Refusal e) {
            return Outcome.not(FileState.REFUSED, e.getMessage());
        }
        String missing = bundles.resolve(bundle);
        if (missing != null) {
            return Outcome.not(FileState.UNRESOLVED, missing + leave(bundle));
        }
        String problem = start(bundle);
        if (problem != null) {
            return Outcome.not(FileState.FAILED, problem + leave(bundle));
        }
        events.record("bundle-installed", build.symbolicName(), build + " runs as bundle " + bundle.getBundleId());
        return new Outcome(bundle, FileState.ACTIVE, null, true);
    }

    /** Exchanges a running build for another of its name: at any failure the former one runs again. */
    Outcome replace(Bundle former, Build build) {
        Bundle fresh;
        try {
            fresh = bundles.install(build, staging.path(build.digest()));
        } catch (Refusal e) {
            return Outcome.not(FileState.REFUSED, e.getMessage());
        }
        String missing = bundles.resolve(fresh);
        if (missing != null) {
            return Outcome.not(FileState.UNRESOLVED, missing + leave(fresh));
        }
        Handover handover;
        try {
            handover = core.retire(former.getBundleId());
        } catch (RuntimeException | Error e) {
            return rollBack(former, fresh, null, "the functions could not be handed over: " + Text.causes(e));
        }
        try {
            return exchange(former, fresh, build, handover);
        } finally {
            close(handover);
        }
    }

    private Outcome exchange(Bundle former, Bundle fresh, Build build, Handover handover) {
        String versions = former.getVersion() + " by " + build.version();
        String stopped = stop(former);
        String problem = start(fresh);
        problem = problem == null ? restore(handover) : problem;
        if (problem == null) {
            String left = leave(former);
            events.record("bundle-updated", build.symbolicName(), versions + ", functions handed over: "
                    + handover.functions().size() + (stopped == null ? "" : "; the former: " + stopped) + left);
            return new Outcome(fresh, FileState.ACTIVE, null, false);
        }
        return rollBack(former, fresh, handover, problem);
    }

    /**
     * The one way back, whatever went wrong: the new build goes, the former one runs with the functions it had.
     *
     * @param handover null where the core has not taken the functions away
     */
    private Outcome rollBack(Bundle former, Bundle fresh, Handover handover, String problem) {
        stop(fresh);
        String left = leave(fresh);
        String back = former.getState() == Bundle.ACTIVE ? null : start(former);
        if (back != null) {
            return new Outcome(null, FileState.FAILED, problem + left + "; and version " + former.getVersion()
                    + " did not come back: " + back + leave(former), false);
        }
        String rest = handover == null ? null : restore(handover);
        return Outcome.not(FileState.FAILED, problem + left + "; version " + former.getVersion() + " runs again"
                + (rest == null ? "" : ", but " + rest));
    }

    /** Takes a build away; its functions are matched again by their policy. */
    void go(Bundle bundle, String why) {
        String name = bundle.getSymbolicName();
        String text = name + " " + bundle.getVersion() + ": " + why;
        try (Handover handover = core.retire(bundle.getBundleId())) {
            String stopped = stop(bundle);
            text += ", functions let go: " + handover.functions().size() + (stopped == null ? "" : "; " + stopped)
                    + leave(bundle);
        } catch (RuntimeException e) { // the file is gone whatever the core says: the disorderly road
            text += "; the core: " + Text.causes(e) + leave(bundle);
        }
        events.record("bundle-removed", name, Text.plain(text));
    }

    private String start(Bundle bundle) {
        try {
            bundles.start(bundle);
            return bundle.getState() == Bundle.ACTIVE ? null : "it did not become active";
        } catch (VfioException e) {
            String fault = bundles.fault(bundle);
            return fault == null ? e.getMessage() : e.getMessage() + "; " + fault.replaceAll("\\s*\n\\s*", " ");
        }
    }

    private String stop(Bundle bundle) {
        try {
            bundles.stop(bundle);
            return null;
        } catch (VfioException e) {
            return e.getMessage();
        }
    }

    private static String restore(Handover handover) {
        try {
            Map<String, String> failures = handover.restore();
            return failures.isEmpty() ? null : "functions could not be restored: " + failures;
        } catch (RuntimeException | Error e) { // between two builds nothing may end the transaction
            return "functions could not be restored: " + Text.causes(e);
        }
    }

    /** The builds have changed places or not by now: what the core says is no reason to undo that. */
    private static void close(Handover handover) {
        try {
            handover.close();
        } catch (RuntimeException | Error e) {
            System.getLogger(Swap.class.getName()).log(System.Logger.Level.WARNING,
                    "functions without a driver are not matched again after a handover", e);
        }
    }

    /** Uninstalls; answers the rest of a sentence where that is not possible. */
    private String leave(Bundle bundle) {
        if (bundle.getState() == Bundle.UNINSTALLED) {
            return "";
        }
        String stays = bundles.uninstall(bundle);
        return stays == null ? "" : "; " + stays;
    }
}
