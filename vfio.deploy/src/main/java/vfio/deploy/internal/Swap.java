// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.osgi.framework.Bundle;
import vfio.core.EventLog;
import vfio.core.VfioException;
import vfio.pci.core.admin.DriverHandover;
import vfio.pci.core.admin.DriverHandover.Handover;

/**
 * The transactions on driver bundles: a build comes, takes over from another, or goes. Each either does all of it or
 * leaves the former build running, as far as that one still can. From any thread, for a symbolic name one at a time.
 */
final class Swap {
    private final DriverBundles bundles;
    private final Staging staging;
    private final DriverHandover core;
    private final EventLog events;
    private final Supplier<ComponentStates> components;

    Swap(DriverBundles bundles, Staging staging, DriverHandover core, EventLog events,
            Supplier<ComponentStates> components) {
        this.bundles = bundles;
        this.staging = staging;
        this.core = core;
        this.events = events;
        this.components = components;
    }

    /**
     * The outcome of a transaction.
     *
     * @param bundle the bundle of the new build, null where it does not run
     * @param state of the new build's file, null where there is none
     * @param reason why it does not run, or null
     * @param formerRuns whether the former build runs again
     * @param lost other drivers that used the former build and did not come back, by symbolic name
     */
    record SwapOutcome(Bundle bundle, FileState state, String reason, boolean formerRuns, Map<String, Dependents.Lost> lost) {
        private static SwapOutcome not(FileState state, String reason) {
            return new SwapOutcome(null, state, reason, true, Map.of());
        }

        private SwapOutcome with(Map<String, Dependents.Lost> others) {
            return new SwapOutcome(bundle, state, reason, formerRuns, others);
        }
    }

    /** Installs, resolves and starts a build where none of its name runs. */
    SwapOutcome come(Build build, Consumer<String> phase) {
        return whole(() -> {
            Bundle bundle = null;
            try {
                bundle = resolved(build);
                phase.accept("starting");
                start(bundle);
            } catch (Halt halt) {
                return SwapOutcome.not(halt.state, halt.getMessage() + leave(bundle));
            }
            events.record("bundle-installed", build.symbolicName(), build + " runs as bundle " + bundle.getBundleId());
            return new SwapOutcome(bundle, FileState.ACTIVE, null, true, Map.of());
        });
    }

    /** Exchanges a running build for another of its name: at any failure the former one runs again. */
    SwapOutcome replace(Bundle former, Build build, Consumer<String> phase) {
        return whole(() -> {
            Bundle fresh;
            try {
                fresh = resolved(build);
            } catch (Halt halt) {
                return SwapOutcome.not(halt.state, halt.getMessage());
            }
            phase.accept("waiting for users of the functions of " + name(former));
            Dependents dependents = new Dependents(bundles, core, former);
            Handover handover;
            try {
                dependents.down();
                handover = core.retire(former.getBundleId());
            } catch (RuntimeException | Error e) {
                return rollBack(former, fresh, null, "the functions could not be handed over: " + PlainText.causes(e))
                        .with(dependents.up());
            }
            try {
                phase.accept("taking over from " + name(former));
                return exchange(former, fresh, build, handover).with(dependents.up());
            } finally {
                close(handover);
            }
        });
    }

    /** Takes a build away; its functions are matched again by their policy. */
    SwapOutcome go(Bundle bundle, String why) {
        return whole(() -> {
            Dependents dependents = new Dependents(bundles, core, bundle);
            String text = name(bundle) + ": " + why;
            Map<String, Dependents.Lost> lost;
            try {
                dependents.down();
                Handover handover = core.retire(bundle.getBundleId());
                String stopped = stop(bundle);
                text += ", functions let go: " + handover.functions().size() + (stopped == null ? "" : "; " + stopped)
                        + leave(bundle);
                close(handover);
            } catch (RuntimeException | Error e) { // the file is gone whatever the core says: the disorderly road
                text += "; the core: " + PlainText.causes(e) + leave(bundle);
            } finally {
                lost = dependents.up();
            }
            events.record("bundle-removed", bundle.getSymbolicName(), PlainText.plain(text));
            return SwapOutcome.not(null, null).with(lost);
        });
    }

    /** Starts a build again whose bundle was stopped by others: the bundle goes, and the build comes anew. */
    SwapOutcome again(Bundle stopped, Build build, Consumer<String> phase) {
        return whole(() -> {
            events.record("bundle-stopped", build.symbolicName(), build + " has been stopped by another than deployment");
            Dependents dependents = new Dependents(bundles, core, stopped);
            try {
                dependents.down();
            } catch (RuntimeException | Error e) { // it has stopped whatever the core says: the disorderly road
                System.getLogger(Swap.class.getName()).log(System.Logger.Level.WARNING, PlainText.causes(e));
            }
            bundles.uninstall(stopped);
            SwapOutcome outcome = come(build, phase);
            return outcome.with(dependents.up());
        });
    }

    /** Runs a transaction; whatever goes wrong, the deploy thread hears of the end. */
    private static SwapOutcome whole(Supplier<SwapOutcome> transaction) {
        try {
            return transaction.get();
        } catch (RuntimeException | Error e) {
            System.getLogger(Swap.class.getName()).log(System.Logger.Level.ERROR, "a transaction of deployment failed", e);
            String reason = "deployment itself failed: " + PlainText.causes(e);
            return new SwapOutcome(null, FileState.FAILED, reason, false, Map.of());
        }
    }

    /** The early end of a transaction, with the state of the file. */
    private static final class Halt extends Exception {
        private static final long serialVersionUID = 1L;
        private final FileState state;

        private Halt(FileState state, String reason) {
            super(reason, null, false, false);
            this.state = state;
        }
    }

    /** Installs and resolves a build; no bundle is left where that is not possible. */
    private Bundle resolved(Build build) throws Halt {
        String hanging = bundles.hanging(build);
        if (hanging != null) {
            throw new Halt(FileState.FAILED, hanging);
        }
        Bundle bundle;
        try {
            bundle = bundles.install(build, staging.path(build.digest()));
        } catch (JarRefusal e) {
            throw new Halt(FileState.REFUSED, e.getMessage());
        }
        String missing = bundles.resolve(bundle);
        if (missing != null) {
            throw new Halt(FileState.UNRESOLVED, missing + leave(bundle));
        }
        return bundle;
    }

    private SwapOutcome exchange(Bundle former, Bundle fresh, Build build, Handover handover) {
        String versions = former.getVersion() + " by " + build.version();
        String stopped = stop(former);
        String problem;
        try {
            start(fresh);
            problem = restore(handover);
        } catch (Halt halt) {
            problem = halt.getMessage();
        }
        if (problem != null) {
            return rollBack(former, fresh, handover, problem);
        }
        String left = leave(former);
        events.record("bundle-updated", build.symbolicName(), versions + ", functions handed over: "
                + handover.functions().size() + (stopped == null ? "" : "; the former: " + stopped) + left);
        return new SwapOutcome(fresh, FileState.ACTIVE, null, false, Map.of());
    }

    /**
     * Rolls an exchange back, whatever went wrong: the new build goes, and the former one runs with the functions it had.
     *
     * @param handover null where the core has not taken the functions away
     */
    private SwapOutcome rollBack(Bundle former, Bundle fresh, Handover handover, String problem) {
        String fault = components.get().fault(fresh);
        stop(fresh);
        String text = problem + (fault == null || problem.contains(fault) ? "" : "; " + fault) + leave(fresh);
        try {
            if (former.getState() != Bundle.ACTIVE) {
                start(former);
            }
        } catch (Halt halt) {
            return new SwapOutcome(null, FileState.FAILED, text + "; and version " + former.getVersion()
                    + " did not come back: " + halt.getMessage() + leave(former), false, Map.of());
        }
        String rest = handover == null ? null : restore(handover);
        events.record("bundle-restored", former.getSymbolicName(), name(former) + " runs again as bundle "
                + former.getBundleId() + (rest == null ? "" : ", but " + rest));
        return SwapOutcome.not(FileState.FAILED, text + "; version " + former.getVersion() + " runs again"
                + (rest == null ? "" : ", but " + rest));
    }

    private void start(Bundle bundle) throws Halt {
        try {
            bundles.start(bundle);
        } catch (VfioException e) {
            String fault = bundles.fault(bundle);
            throw new Halt(FileState.FAILED, fault == null ? e.getMessage() : e.getMessage() + "; "
                    + fault.replaceAll("\\s*\n\\s*", " "));
        }
        if (bundle.getState() != Bundle.ACTIVE) {
            throw new Halt(FileState.FAILED, "it did not become active");
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
            return failures.isEmpty() ? null : "functions could not be restored: " + PlainText.failures(failures);
        } catch (RuntimeException | Error e) { // between two builds nothing may end the transaction
            return "functions could not be restored: " + PlainText.causes(e);
        }
    }

    /** Ends a handover; a failure of the core is logged, since it is no reason to undo the exchange. */
    private static void close(Handover handover) {
        try {
            handover.close();
        } catch (RuntimeException | Error e) {
            System.getLogger(Swap.class.getName()).log(System.Logger.Level.WARNING,
                    "functions without a driver are not matched again after a handover", e);
        }
    }

    /** Uninstalls a bundle; returns the rest of a sentence where that is not possible. */
    private String leave(Bundle bundle) {
        if (bundle == null || bundle.getState() == Bundle.UNINSTALLED) {
            return "";
        }
        String stays = bundles.uninstall(bundle);
        return stays == null ? "" : "; " + stays;
    }

    private static String name(Bundle bundle) {
        return bundle.getSymbolicName() + " " + bundle.getVersion();
    }
}
