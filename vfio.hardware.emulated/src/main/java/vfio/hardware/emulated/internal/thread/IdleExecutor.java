// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.thread;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import vfio.core.thread.DaemonThread;

/** An executor with one thread, which is started by the first task and ends after a second without a task. */
public final class IdleExecutor {

    private IdleExecutor() {
    }

    /**
     * Makes an executor that does its tasks in their order.
     *
     * @param name of the thread
     */
    public static Executor named(String name) {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
                loop -> thread(name, loop));
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    /** Makes a thread that keeps no class loader of whoever happened to give the first task. */
    private static Thread thread(String name, Runnable loop) {
        Thread thread = DaemonThread.of(name, loop);
        thread.setContextClassLoader(IdleExecutor.class.getClassLoader());
        return thread;
    }
}
