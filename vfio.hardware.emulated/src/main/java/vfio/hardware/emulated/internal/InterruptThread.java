// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Where interrupts come from that a write to configuration space lets out, and where models end: whoever writes or
 * unplugs may hold locks that the receiver takes. The thread ends by itself when there was nothing to do for a while.
 */
final class InterruptThread {
    private static final ThreadPoolExecutor EXECUTOR =
            new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), InterruptThread::start);

    static {
        EXECUTOR.allowCoreThreadTimeOut(true);
    }

    private InterruptThread() {
    }

    private static Thread start(Runnable loop) {
        Thread thread = new Thread(null, loop, "vfio-emulated-interrupts", 0, false);
        thread.setContextClassLoader(InterruptThread.class.getClassLoader());
        thread.setDaemon(true);
        return thread;
    }

    static void run(Runnable delivery) {
        EXECUTOR.execute(delivery);
    }
}
