// SPDX-License-Identifier: Apache-2.0
package vfio.core.driver;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.Thrown;
import vfio.core.VfioException;

/**
 * The one thread on which the life-cycle calls of one driver bundle run, each within a time limit.
 *
 * <p>A call that outlives its limit makes the worker <em>faulty</em> for good: the stuck thread is interrupted and left
 * behind, the call's name and the thread's stack are kept as text, and the driver is never called again. Each exception of a
 * driver leaves here as a {@link VfioException} made of text, so that no object of a driver's class outlives its bundle.
 *
 * <p>An interrupt of the caller's thread does not end the caller's wait, which is bounded: a result that nobody takes would
 * be lost. The thread ends by itself after 5 seconds without a call.
 */
public final class DriverWorker implements AutoCloseable {
    private static final Duration IDLE = Duration.ofSeconds(5);
    private static final int STACK_LINES = 12;

    private final String name;
    private final Consumer<String> onFault;
    private final ThreadPoolExecutor executor;
    private volatile Thread thread;
    private volatile DriverCall<?> running;
    private volatile String fault;
    private volatile Misdeeds misdeeds = new Misdeeds(0, null);
    private volatile boolean closed;

    /**
     * The calls that ended as no driver ends a call on purpose: by an exception that is no refusal with an errno, by an
     * answer that cannot be, or not within their limit.
     *
     * @param latest what came of the latest one; null where there was none
     */
    public record Misdeeds(long count, String latest) {
    }

    /**
     * @param name the driver's name in messages and in the thread's name
     * @param onFault called once, with the text of {@link #fault}, on the thread whose wait found that a call had expired
     */
    public DriverWorker(String name, Consumer<String> onFault) {
        this(name, onFault, IDLE);
    }

    DriverWorker(String name, Consumer<String> onFault, Duration idle) {
        this.name = Objects.requireNonNull(name);
        this.onFault = Objects.requireNonNull(onFault);
        executor = new ThreadPoolExecutor(1, 1, idle.toNanos(), TimeUnit.NANOSECONDS, new LinkedBlockingQueue<>(),
                this::start) {
            @Override
            protected void beforeExecute(Thread thread, Runnable call) {
                running = (DriverCall<?>) call;
            }

            @Override
            protected void afterExecute(Runnable call, Throwable none) {
                running = null;
            }
        };
        executor.allowCoreThreadTimeOut(true);
    }

    private Thread start(Runnable loop) {
        Thread worker = new Thread(null, loop, "vfio-driver " + name, 0, false);
        worker.setContextClassLoader(DriverWorker.class.getClassLoader()); // not the first caller's
        worker.setDaemon(true);
        thread = worker;
        return worker;
    }

    /** Tells whether the calling thread is the worker, which is inside a call of the driver then. */
    public boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    /** Returns the reason why the driver is never called again; empty while the driver may be called. */
    public Optional<String> fault() {
        return Optional.ofNullable(fault);
    }

    /** Returns how many calls the worker has had, those that wait for their turn included. */
    public long calls() {
        return executor.getTaskCount();
    }

    /** Returns what the driver's calls did that no driver does on purpose, on the worker and on threads of users. */
    public Misdeeds misdeeds() {
        return misdeeds;
    }

    private synchronized void misdeed(String text) {
        misdeeds = new Misdeeds(misdeeds.count + 1, text);
    }

    /** Returns the refusal of an answer that cannot be, which counts among the misdeeds. */
    public VfioException lied(Errno errno, String sentence) {
        return counted(new VfioException(errno, sentence));
    }

    private VfioException counted(VfioException refusal) {
        misdeed(refusal.getMessage());
        return refusal;
    }

    /**
     * Runs {@code call} on the worker and waits for its end.
     *
     * @param what the operation's name in messages: {@code "probe 0000:01:00.1"}
     * @param limit how long the caller waits for the call's turn, and then how long the call may take
     * @throws VfioException the refusal that the driver threw; EBUSY where other calls of the driver left this call no turn,
     *     and this call is not made; ETIMEDOUT when the call's limit is over; EIO where the driver is faulty or threw an
     *     exception without an errno, and where the worker is closed
     */
    public <T> T call(String what, Duration limit, Callable<T> call) {
        if (closed) {
            throw refused(what);
        }
        return await(submit(new DriverCall<>(what, limit, () -> guarded(what, call))));
    }

    /** Runs a call without a result, as {@link #call} does. */
    public void run(String what, Duration limit, Runnable call) {
        call(what, limit, () -> {
            call.run();
            return null;
        });
    }

    /**
     * Runs a call that others wait for, so that its caller has less patience than the call's limit. Where the call is not
     * over after {@code patience}, this method throws EBUSY: a call whose turn has not come is dropped, any other goes on
     * within its limit, and nobody takes its result.
     *
     * @throws VfioException as {@link #call}; EBUSY where the patience is over
     */
    public <T> T attempt(String what, Duration patience, Duration limit, Callable<T> call) {
        return begin(what, patience, limit, call).get();
    }

    /**
     * Begins a call as {@link #attempt} does, and does not wait.
     *
     * @return waits, once, for the end of the call, and answers or throws as {@link #attempt}; the patience begins now
     * @throws VfioException EIO where the driver is faulty or its worker closed
     */
    public <T> Supplier<T> begin(String what, Duration patience, Duration limit, Callable<T> call) {
        if (closed) {
            throw refused(what);
        }
        DriverCall<T> begun = submit(new DriverCall<>(what, limit, patience, false, () -> guarded(what, call)));
        return () -> await(begun);
    }

    /**
     * Runs a call that undoes an earlier one, and so must be made even if late. Where the call is not over after
     * {@code patience}, or its turn has not come within its limit, this method throws EBUSY, and the call goes on, or is made
     * after the other calls. On the worker itself, inside a call of the driver, the caller has no patience: the new call is
     * queued and not waited for.
     *
     * @param patience how long the caller waits, 0 to queue the call and not wait
     */
    public void finish(String what, Duration patience, Duration limit, Runnable call) {
        Duration own = Thread.currentThread() == thread ? Duration.ZERO : patience;
        await(submit(new DriverCall<>(what, limit, own, () -> guarded(what, () -> {
            call.run();
            return null;
        }))));
    }

    private <T> DriverCall<T> submit(DriverCall<T> call) {
        if (fault != null) {
            throw refused(call.what());
        }
        try {
            executor.execute(call);
        } catch (RejectedExecutionException e) { // the worker has become faulty meanwhile
            throw refused(call.what());
        }
        return call;
    }

    private <T> T await(DriverCall<T> call) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return call.get(call.patience(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (TimeoutException e) {
                    if (call.patience() <= 0) {
                        giveUp(call);
                    }
                }
            }
        } catch (CancellationException e) {
            throw refused(call.what());
        } catch (ExecutionException e) {
            throw (VfioException) e.getCause();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Throws where there is nothing left to wait for; returns where the call is done or its turn has just come. */
    private void giveUp(DriverCall<?> call) {
        if (call.isDone()) {
            return;
        }
        if (call.begun()) {
            if (call.left() <= 0) {
                throw expired(call);
            }
            if (call.patience() <= 0) {
                throw new VfioException(Errno.EBUSY, call.what() + ": driver " + name + " is still at it; it goes on");
            }
            return; // the call's turn has come meanwhile
        }
        DriverCall<?> ahead = running;
        if (ahead != null && ahead != call && ahead.begun() && ahead.left() <= 0) {
            expired(ahead); // the caller of the call ahead did not wait for its end
            throw refused(call.what());
        }
        if (fault != null) {
            throw refused(call.what());
        }
        if (call.leave()) {
            throw new VfioException(Errno.EBUSY, call.what() + ": driver " + name + " is busy"
                    + (ahead == null ? "" : " with " + ahead.what())
                    + (call.mustCome() ? "; it comes after that" : "; try again later"));
        }
    }

    private <T> T guarded(String what, Callable<T> call) {
        if (fault != null) {
            throw refused(what);
        }
        try {
            return call.call();
        } catch (Throwable e) { // a driver may throw anything, LinkageError and OutOfMemoryError included
            throw thrown(what, e);
        }
    }

    /**
     * Returns the driver's exception as a new one: its cause, suppressed exceptions and stack may be objects of the driver's.
     * To be called on the thread that ran the driver.
     */
    public VfioException thrown(String what, Throwable e) {
        if (e instanceof VfioException refusal) {
            return new VfioException(refusal.errno(), Thrown.bounded(refusal.sentence()) + cause(refusal));
        }
        return counted(new VfioException(Errno.EIO, what + ": driver " + name + " threw " + Thrown.text(e)));
    }

    /**
     * Returns the text of the cause; empty where the refusal's sentence quotes the cause, as a sentence with advice often
     * does.
     */
    private static String cause(VfioException refusal) {
        Throwable cause = refusal.getCause();
        return cause == null || refusal.sentence().contains(Thrown.words(cause)) ? "" : ", caused by " + Thrown.text(cause);
    }

    private VfioException expired(DriverCall<?> call) {
        String seconds = call.limit().toMillis() / 1000.0 + " s";
        if (becomeFaulty("stuck in " + call.what() + " for " + seconds + stack())) {
            misdeed(fault.lines().findFirst().orElse(""));
            call.cancel(true);
            executor.shutdownNow().forEach(waiting -> ((DriverCall<?>) waiting).cancel(false));
            onFault.accept(fault);
        }
        return new VfioException(Errno.ETIMEDOUT, call.what() + ": driver " + name + " did not answer within " + seconds
                + "; it is not called again until its bundle is replaced");
    }

    private synchronized boolean becomeFaulty(String text) {
        boolean first = fault == null;
        if (first) {
            fault = text;
        }
        return first;
    }

    private String stack() {
        StringBuilder text = new StringBuilder();
        StackTraceElement[] stack = thread.getStackTrace();
        for (int i = 0; i < Math.min(stack.length, STACK_LINES); i++) {
            text.append("\n  at ").append(stack[i]);
        }
        return text.toString();
    }

    private VfioException refused(String what) {
        String why = fault == null ? "its worker is closed" : "it is faulty: " + fault.lines().findFirst().orElse("");
        return new VfioException(Errno.EIO, what + ": driver " + name + " is not called, " + why);
    }

    /**
     * Refuses new calls, except by {@link #finish}: a probe under way may still need undoing. The calls that the worker has
     * taken go on, and its thread ends as soon as there is no call left.
     */
    @Override
    public void close() {
        closed = true;
        executor.setKeepAliveTime(1, TimeUnit.NANOSECONDS);
    }
}
