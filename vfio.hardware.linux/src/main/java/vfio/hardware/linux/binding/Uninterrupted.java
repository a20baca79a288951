// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/**
 * Runs an act to its end although its caller is interrupted: on a thread of its own, since an interrupt not only ends waits,
 * but closes the channel by which a file is being read or written.
 */
final class Uninterrupted {
    private Uninterrupted() {
    }

    /**
     * Runs an act, and returns or throws what it does.
     *
     * @param what the name of the thread
     */
    static <T> T call(String what, Supplier<T> act) {
        FutureTask<T> task = new FutureTask<>(act::get);
        Thread thread = new Thread(task, what);
        thread.setDaemon(false); // the process does not end in the middle of it, either
        thread.start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw (Error) e.getCause(); // a supplier throws nothing else
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
