// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.Map;
import org.osgi.framework.Bundle;

/**
 * The outcome of a transaction.
 *
 * @param bundle the bundle of the new build, null where it does not run
 * @param state of the new build's file, null where there is none
 * @param reason why it does not run, or null
 * @param formerRuns whether the former build runs again, or still
 * @param lost other drivers that used the former build and did not come back, by symbolic name
 */
record SwapOutcome(Bundle bundle, FileState state, String reason, boolean formerRuns, Map<String, Dependents.Lost> lost) {

    /** The new build runs. */
    static SwapOutcome runs(Bundle bundle) {
        return new SwapOutcome(bundle, FileState.ACTIVE, null, false, Map.of());
    }

    /** The new build does not run; the former one does. */
    static SwapOutcome not(FileState state, String reason) {
        return new SwapOutcome(null, state, reason, true, Map.of());
    }

    /** The new build goes on running, since it does not give way to the former one. */
    static SwapOutcome stays(Bundle bundle, String reason) {
        return new SwapOutcome(bundle, FileState.ACTIVE, reason, false, Map.of());
    }

    /** Neither build runs. */
    static SwapOutcome none(String reason) {
        return new SwapOutcome(null, FileState.FAILED, reason, false, Map.of());
    }

    SwapOutcome with(Map<String, Dependents.Lost> others) {
        return new SwapOutcome(bundle, state, reason, formerRuns, others);
    }
}
