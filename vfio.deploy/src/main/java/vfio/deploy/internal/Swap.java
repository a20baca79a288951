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
    private final Installer steps;
    private final DriverHandover core;
    private final EventLog events;

    Swap(DriverBundles bundles, Installer steps, DriverHandover core, EventLog events) {
        this.bundles = bundles;
        this.steps = steps;
        this.core = core;
        this.events = events;
    }

    /** Installs, resolves and starts a build where none of its name runs. */
    SwapOutcome come(Build build, Consumer<String> phase) {
        return whole(() -> {
            Bundle bundle = null;
            try {
                bundle = steps.resolved(build);
                phase.accept("starting");
                steps.start(bundle);
            } catch (Installer.Halt halt) {
                return SwapOutcome.not(halt.state(), halt.getMessage() + steps.leave(bundle));
            }
            events.record("bundle-installed", build.symbolicName(), build + " runs as bundle " + bundle.getBundleId());
            return SwapOutcome.runs(bundle);
        });
    }

    /** Exchanges a running build for another of its name: at any failure the former one runs again. */
    SwapOutcome replace(Bundle former, Build build, Consumer<String> phase) {
        return whole(() -> {
            Bundle fresh;
            try {
                fresh = steps.resolved(build);
            } catch (Installer.Halt halt) {
                return SwapOutcome.not(halt.state(), halt.getMessage());
            }
            phase.accept("waiting for users of the functions of " + Installer.name(former));
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
                phase.accept("taking over from " + Installer.name(former));
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
            String text = Installer.name(bundle) + ": " + why;
            Map<String, Dependents.Lost> lost;
            try {
                dependents.down();
                Handover handover = core.retire(bundle.getBundleId());
                String stopped = steps.stop(bundle);
                text += ", functions let go: " + handover.functions().size() + (stopped == null ? "" : "; " + stopped)
                        + steps.leave(bundle);
                close(handover);
            } catch (RuntimeException | Error e) { // the file is gone whatever the core says: the disorderly road
                text += "; the core: " + PlainText.causes(e) + steps.leave(bundle);
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
    static SwapOutcome whole(Supplier<SwapOutcome> transaction) {
        try {
            return transaction.get();
        } catch (RuntimeException | Error e) {
            System.getLogger(Swap.class.getName()).log(System.Logger.Level.ERROR, "a transaction of deployment failed", e);
            String reason = "deployment itself failed: " + PlainText.causes(e);
            return SwapOutcome.none(reason);
        }
    }

    private SwapOutcome exchange(Bundle former, Bundle fresh, Build build, Handover handover) {
        String versions = former.getVersion() + " by " + build.version();
        String stopped = steps.stop(former);
        String problem;
        try {
            steps.start(fresh);
            problem = restore(handover);
        } catch (Installer.Halt halt) {
            problem = halt.getMessage();
        }
        if (problem != null) {
            return rollBack(former, fresh, handover, problem);
        }
        String left = steps.leave(former);
        events.record("bundle-updated", build.symbolicName(), versions + ", functions handed over: "
                + handover.functions().size() + (stopped == null ? "" : "; the former: " + stopped) + left);
        return SwapOutcome.runs(fresh);
    }

    /**
     * Rolls an exchange back, whatever went wrong: the new build goes, and the former one runs with the functions it had.
     *
     * @param handover null where the core has not taken the functions away
     */
    private SwapOutcome rollBack(Bundle former, Bundle fresh, Handover handover, String problem) {
        String text = steps.dismiss(fresh, problem);
        try {
            if (former.getState() != Bundle.ACTIVE) {
                steps.start(former);
            }
        } catch (Installer.Halt halt) {
            return SwapOutcome.none(text + "; and version " + former.getVersion() + " did not come back: "
                    + halt.getMessage() + steps.leave(former));
        }
        String rest = handover == null ? null : restore(handover);
        events.record("bundle-restored", former.getSymbolicName(), Installer.name(former) + " runs again as bundle "
                + former.getBundleId() + (rest == null ? "" : ", but " + rest));
        return SwapOutcome.not(FileState.FAILED, text + "; version " + former.getVersion() + " runs again"
                + (rest == null ? "" : ", but " + rest));
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
    static void close(Handover handover) {
        try {
            handover.close();
        } catch (RuntimeException | Error e) {
            System.getLogger(Swap.class.getName()).log(System.Logger.Level.WARNING,
                    "functions without a driver are not matched again after a handover", e);
        }
    }
}
