// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.osgi.framework.Bundle;
import vfio.core.VfioException;
import vfio.pci.core.admin.DriverHandover;
import vfio.pci.core.admin.DriverHandover.Handover;

/**
 * The running drivers that use packages of a driver that is about to change. They are stopped in order before it, and started
 * again with their functions after it.
 */
final class Dependents {
    private final DriverBundles bundles;
    private final DriverHandover core;
    private final List<Bundle> usersFirst;
    private final Map<Bundle, Handover> down = new HashMap<>();

    /**
     * A driver that did not come back; it is uninstalled.
     *
     * @param state of the driver's file
     */
    record Lost(FileState state, String reason) {
    }

    Dependents(DriverBundles bundles, DriverHandover core, Bundle provider) {
        this.bundles = bundles;
        this.core = core;
        usersFirst = bundles.dependents(provider);
    }

    /**
     * Stops the drivers.
     *
     * @throws RuntimeException where the core does not hand one over; {@link #up} starts those again that were stopped
     */
    void down() {
        for (Bundle bundle : usersFirst) {
            down.put(bundle, core.retire(bundle.getBundleId()));
            try {
                bundles.stop(bundle);
            } catch (VfioException e) { // stopped all the same, or given up
                System.getLogger(Dependents.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
            }
        }
    }

    /** Starts the drivers again that were stopped; returns the lost ones by symbolic name. */
    Map<String, Lost> up() {
        Map<String, Lost> lost = new HashMap<>();
        List<Bundle> usedFirst = new ArrayList<>(usersFirst);
        Collections.reverse(usedFirst);
        for (Bundle bundle : usedFirst) {
            Handover handover = down.remove(bundle);
            if (handover != null) {
                Lost reason = back(bundle, handover);
                if (reason != null) {
                    lost.put(bundle.getSymbolicName(), reason);
                }
            }
        }
        return lost;
    }

    private Lost back(Bundle bundle, Handover handover) {
        try {
            String missing = bundles.resolve(bundle);
            if (missing != null) {
                return new Lost(FileState.UNRESOLVED, missing + left(bundle));
            }
            bundles.start(bundle);
            Map<String, String> failures = handover.restore();
            if (!failures.isEmpty()) {
                System.getLogger(Dependents.class.getName()).log(System.Logger.Level.WARNING,
                        bundle.getSymbolicName() + " is back: " + PlainText.failures(failures));
            }
            return null;
        } catch (RuntimeException | Error e) { // between two builds nothing may end the transaction
            return new Lost(FileState.FAILED, "it did not come back with a driver that it uses: "
                    + (e instanceof VfioException known ? known.getMessage() : PlainText.causes(e)) + left(bundle));
        } finally {
            Swap.close(handover);
        }
    }

    private String left(Bundle bundle) {
        String stays = bundles.uninstall(bundle);
        return stays == null ? "" : "; " + stays;
    }
}
