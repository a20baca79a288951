// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.devices;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Where this bundle's devices do what takes a real one some time. The thread ends by itself when there is nothing to do. */
final class DeviceThread {

    private DeviceThread() {
    }

    static Executor start() {
        ThreadPoolExecutor executor =
                new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), DeviceThread::thread);
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    private static Thread thread(Runnable loop) {
        Thread thread = new Thread(null, loop, "vfio-emulated-devices", 0, false);
        thread.setContextClassLoader(DeviceThread.class.getClassLoader());
        thread.setDaemon(true);
        return thread;
    }
}
