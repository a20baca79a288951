// SPDX-License-Identifier: Apache-2.0
package vfio.core.internal.migration;

import java.util.concurrent.Callable;
import vfio.core.migration.MigrationOperations;

/**
 * One call of a driver's {@link MigrationOperations}, and whether the driver lost its device by the call. It is made for each
 * call and run on the driver's worker.
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

    /** Tells whether the device is lost: the driver said so, or did not come back. A call never made loses nothing. */
    boolean lost() {
        return begun && !sound;
    }
}
