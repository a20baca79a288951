// SPDX-License-Identifier: Apache-2.0
package vfio.core.internal.migration;

import java.util.concurrent.Callable;
import vfio.core.migration.MigrationOperations;

/**
 * One call of a driver that may cost it its device, and what is known of it afterwards. Made for each call, run on the
 * driver's worker.
 */
final class MigrationCall<T> implements Callable<T> {
    private final MigrationOperations operations;
    private final Runnable before;
    private final Callable<T> act;
    private volatile boolean begun;
    private volatile boolean sound;

    /** @param before throws where the call is not to be made any more */
    MigrationCall(MigrationOperations operations, Runnable before, Callable<T> act) {
        this.operations = operations;
        this.before = before;
        this.act = act;
    }

    @Override
    public T call() throws Exception {
        before.run();
        begun = true;
        try {
            T answer = act.call();
            sound = true;
            return answer;
        } catch (Throwable e) { // asked in the same turn, so that nothing comes between failure and answer
            sound = !broken();
            throw e;
        }
    }

    private boolean broken() {
        try {
            return operations.broken();
        } catch (Throwable e) { // a driver may throw anything
            return true;
        }
    }

    /** Whether the device is lost: the driver said so, or did not come back. One that was never called has lost nothing. */
    boolean lost() {
        return begun && !sound;
    }
}
