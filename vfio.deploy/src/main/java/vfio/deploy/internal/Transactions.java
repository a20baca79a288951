// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import vfio.core.thread.DaemonThread;

/**
 * The transactions under way, each on a thread of its own, so that a driver that hangs keeps no other waiting; for a symbolic
 * name there is one at a time. The deploy thread begins them and takes in their outcomes.
 */
final class Transactions implements AutoCloseable {
    /** The most that run at once; others wait for their turn. */
    private static final int MOST = 32;
    private static final long IDLE_SECONDS = 5;

    private final Duration endLimit;
    private final Runnable wake;
    private final Set<String> busy = new HashSet<>();
    private final Queue<Runnable> news = new ConcurrentLinkedQueue<>();
    private final AtomicInteger number = new AtomicInteger();
    private final ThreadPoolExecutor threads =
            new ThreadPoolExecutor(MOST, MOST, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), this::thread);

    /**
     * Begins none yet.
     *
     * @param endLimit how long {@link #close} waits for those under way
     * @param wake told, on any thread, that there is news
     */
    Transactions(Duration endLimit, Runnable wake) {
        this.endLimit = endLimit;
        this.wake = wake;
        threads.allowCoreThreadTimeOut(true);
    }

    private Thread thread(Runnable loop) {
        Thread thread = DaemonThread.of("vfio-deploy-" + number.incrementAndGet(), loop);
        thread.setContextClassLoader(Transactions.class.getClassLoader());
        return thread;
    }

    /** Tells whether a transaction is under way for one of these names. */
    boolean busy(Set<String> names) {
        return !Collections.disjoint(busy, names);
    }

    /** Tells whether no transaction is under way, and all outcomes have been taken in. */
    boolean idle() {
        return busy.isEmpty() && news.isEmpty();
    }

    /**
     * Begins a transaction.
     *
     * @param names the symbolic names it concerns, none of them busy
     * @param act throws nothing
     * @param then called on the deploy thread with the answer of the act
     */
    <T> void begin(Set<String> names, Supplier<T> act, Consumer<T> then) {
        Set<String> taken = Set.copyOf(names);
        busy.addAll(taken);
        try {
            threads.execute(() -> {
                T answer = act.get();
                tell(() -> {
                    busy.removeAll(taken);
                    then.accept(answer);
                });
            });
        } catch (RejectedExecutionException e) {
            // The end: what runs goes on running.
        }
    }

    /** Has the deploy thread run something; from any thread. */
    void tell(Runnable what) {
        news.add(what);
        wake.run();
    }

    /** Runs what was told since the last time. */
    void takeNews() {
        for (Runnable next = news.poll(); next != null; next = news.poll()) {
            next.run();
        }
    }

    /** Begins no more, and waits for those under way, whose calls have limits of their own. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            threads.awaitTermination(endLimit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
