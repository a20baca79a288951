// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * The one thread on which the life-cycle calls of one driver bundle run, each within a time limit.
 *
 * <p>A call that outlives its limit makes the worker <em>faulty</em> for good: the stuck thread is interrupted and left
 * behind, what it did and where it stands is kept as text, and the driver is never called again. Whatever a driver
 * throws leaves here as a {@link VfioException} made of text, so that no object of a driver's class outlives its bundle.
 *
 * <p>The thread ends by itself when there was nothing to do for a while.
 */
public final class DriverWorker implements AutoCloseable {
    private static final long IDLE_SECONDS = 5;
    private static final int STACK_LINES = 12;

    private final String name;
    private final Consumer<String> onFault;
    private final ThreadPoolExecutor executor;
    private volatile Thread thread;
    private volatile String fault;

    /**
     * @param name how messages and the thread's name call the driver
     * @param onFault told once, with the text of {@link #fault}, on the thread whose call expired
     */
    public DriverWorker(String name, Consumer<String> onFault) {
        this.name = Objects.requireNonNull(name);
        this.onFault = Objects.requireNonNull(onFault);
        executor = new ThreadPoolExecutor(1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), this::start);
        executor.allowCoreThreadTimeOut(true);
    }

    private Thread start(Runnable loop) {
        Thread worker = new Thread(loop, "vfio-driver " + name);
        worker.setDaemon(true);
        thread = worker;
        return worker;
    }

    /** Why the driver is never called again, or empty while it may be. */
    public Optional<String> fault() {
        return Optional.ofNullable(fault);
    }

    /**
     * Runs {@code call} on the worker and waits for it.
     *
     * @param what the operation, as messages name it: {@code "probe 0000:01:00.1"}
     * @param limit how long the caller waits, its turn included
     * @throws VfioException what the driver threw; ETIMEDOUT when the limit is over; EIO where the driver is faulty or
     *     threw something without an errno
     */
    public <T> T call(String what, Duration limit, Callable<T> call) {
        if (fault != null) {
            throw refused(what);
        }
        FutureTask<T> task = new FutureTask<>(() -> guarded(what, call));
        try {
            executor.execute(task);
            return task.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            throw refused(what);
        } catch (TimeoutException e) {
            throw expired(what, limit, task);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            task.cancel(true);
            throw new VfioException(Errno.EAGAIN, what + " with driver " + name + ": the caller was interrupted");
        } catch (ExecutionException e) {
            throw (VfioException) e.getCause();
        }
    }

    /** Runs a call without a result. */
    public void run(String what, Duration limit, Runnable call) {
        call(what, limit, () -> {
            call.run();
            return null;
        });
    }

    private <T> T guarded(String what, Callable<T> call) {
        if (fault != null) {
            throw refused(what);
        }
        try {
            return call.call();
        } catch (VfioException e) {
            throw e.getCause() == null ? e : withoutCause(e);
        } catch (Throwable e) { // a driver may throw anything, LinkageError and OutOfMemoryError included
            throw new VfioException(Errno.EIO, what + ": driver " + name + " threw " + describe(e));
        }
    }

    /** The same errno and text with the cause as text: a cause may be an object of the driver's own class. */
    private static VfioException withoutCause(VfioException e) {
        String message = e.getMessage();
        String sentence = message.substring(0, message.lastIndexOf(" (" + e.errno()));
        return new VfioException(e.errno(), sentence + ", caused by " + describe(e.getCause()));
    }

    /** Type and message; runs on the worker, since {@code getMessage} is the driver's code too. */
    private static String describe(Throwable e) {
        String type = e.getClass().getName();
        try {
            String message = e.getMessage();
            return message == null ? type : type + ": " + message;
        } catch (Throwable hostile) {
            return type;
        }
    }

    private VfioException expired(String what, Duration limit, FutureTask<?> task) {
        Thread stuck = thread;
        StringBuilder text = new StringBuilder("stuck in " + what + " for " + limit.toMillis() / 1000.0 + " s");
        if (stuck != null) {
            StackTraceElement[] stack = stuck.getStackTrace();
            for (int i = 0; i < Math.min(stack.length, STACK_LINES); i++) {
                text.append("\n  at ").append(stack[i]);
            }
        }
        boolean first;
        synchronized (this) {
            first = fault == null;
            if (first) {
                fault = text.toString();
            }
        }
        task.cancel(true);
        executor.shutdownNow();
        if (first) {
            onFault.accept(fault);
        }
        return new VfioException(Errno.ETIMEDOUT, what + ": driver " + name + " did not answer within "
                + limit.toMillis() / 1000.0 + " s; it is not called again until its bundle is replaced");
    }

    private VfioException refused(String what) {
        String why = fault == null ? "its worker is closed" : "it is faulty: " + fault.lines().findFirst().orElse("");
        return new VfioException(Errno.EIO, what + ": driver " + name + " is not called, " + why);
    }

    /** Takes no more calls; a call in progress goes on. */
    @Override
    public void close() {
        executor.shutdown();
    }
}
