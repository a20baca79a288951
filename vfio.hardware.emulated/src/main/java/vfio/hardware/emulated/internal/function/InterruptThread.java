// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import java.util.concurrent.Executor;
import vfio.hardware.emulated.internal.thread.IdleExecutor;

/**
 * The thread on which interrupts are delivered that a write to configuration space lets out, and on which models are closed:
 * whoever writes or unplugs may hold locks that the receiver takes.
 */
final class InterruptThread {
    private static final Executor EXECUTOR = IdleExecutor.named("vfio-emulated-interrupts");

    private InterruptThread() {
    }

    /** Runs a delivery, after those that were given before. */
    static void run(Runnable delivery) {
        EXECUTOR.execute(delivery);
    }
}
