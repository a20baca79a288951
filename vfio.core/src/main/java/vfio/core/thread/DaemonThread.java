// SPDX-License-Identifier: Apache-2.0
package vfio.core.thread;

/** Makes the threads of this program: each has a name that tells what it does, and none keeps the process from its end. */
public final class DaemonThread {

    private DaemonThread() {
    }

    /** Makes a thread, to be started by the caller. */
    public static Thread of(String name, Runnable body) {
        Thread thread = new Thread(body, name);
        thread.setDaemon(true);
        return thread;
    }

    /** Makes and starts a thread. */
    public static Thread start(String name, Runnable body) {
        Thread thread = of(name, body);
        thread.start();
        return thread;
    }
}
