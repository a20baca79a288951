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
 * Transactions under way, each on a thread of its own, so that one driver that hangs keeps no other waiting; of a symbolic
 * name there is one at a time. What follows from them is done by the deploy thread, which alone begins them.
 */
final class Transactions implements AutoCloseable {
    /** More than these wait for their turn. */
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

    /** Whether one of these names is taken. */
    boolean busy(Set<String> names) {
        return !Collections.disjoint(busy, names);
    }

    boolean idle() {
        return busy.isEmpty() && news.isEmpty();
    }

    /**
     * Begins one.
     *
     * @param names symbolic names it concerns, none of them taken
     * @param act throws nothing
     * @param then told what the act answered
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

    /** Has the deploy thread do something; from any thread. */
    void tell(Runnable what) {
        news.add(what);
        wake.run();
    }

    /** Does what has been told since. */
    void takeNews() {
        for (Runnable next = news.poll(); next != null; next = news.poll()) {
            next.run();
        }
    }

    /** Begins no more, and waits for those under way: their calls have limits of their own. */
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
