// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import vfio.core.VfioException;
import vfio.core.thread.DaemonThread;
import vfio.core.thread.Deadline;

/**
 * The thread that decides everything, in rounds of scan, settle, deploy and answer; transactions run on other threads. It
 * sleeps until it is told of a change or of the end of a transaction, or until a file is due. It runs from {@link #start} to
 * {@link #close}.
 */
final class DeployLoop implements AutoCloseable {
    private static final Duration ASKED_LIMIT = Duration.ofMinutes(1);
    private static final long END_LIMIT_MILLIS = 5_000;
    /** The pause until a folder that could not be listed is tried again, since no event tells that it can be listed. */
    private static final long RETRY_NANOS = 1_000_000_000;
    private static final long LONGEST_NANOS = Deadline.LONGEST.toNanos();

    private final FolderScan scan;
    private final FileArrivals arrivals;
    private final Reconciler reconciler;
    private final Runnable progress;
    private final Runnable ready;
    private final Duration readyLimit;
    private final Duration quiet;
    private final Thread thread = DaemonThread.of("vfio-deploy", this::run);
    private final List<DeployRequest<?>> requests = new ArrayList<>();
    /** The answers of requests that have been done, to be given when their consequences have been done too. */
    private final List<Runnable> answers = new ArrayList<>();
    private final Deadline patience;
    private Set<Path> unread = Set.of();
    /** Whether the latest scan could list all folders. */
    private boolean scanned;
    private boolean opened;
    /** Null until opened. */
    private Deadline readyBy;
    private boolean toldReady;
    private boolean signalled = true;
    private boolean woken;
    private boolean closed;

    /**
     * Makes a loop that has not started.
     *
     * @param quiet the least time from one scan to the next
     * @param patience how long the first round waits for files that are still being copied
     * @param progress called on this thread when the state of files has changed
     * @param ready called once, on this thread, when the builds of the first files run, or at the latest {@code readyLimit}
     *     after the first round: a driver that hangs is not waited for
     */
    DeployLoop(FolderScan scan, FileArrivals arrivals, Reconciler reconciler, Duration quiet, Duration patience,
            Runnable progress, Runnable ready, Duration readyLimit) {
        this.scan = scan;
        this.arrivals = arrivals;
        this.reconciler = reconciler;
        this.quiet = quiet;
        this.progress = progress;
        this.ready = ready;
        this.readyLimit = readyLimit;
        this.patience = Deadline.in(patience);
    }

    /** Begins. */
    void start() {
        thread.start();
    }

    /** Tells the loop that something in the folders may have changed, or a bundle that drivers need. */
    synchronized void signal() {
        signalled = true;
        notifyAll();
    }

    /** Tells the loop that running builds have changed, and nothing in the folders. */
    synchronized void wake() {
        woken = true;
        notifyAll();
    }

    /**
     * Runs {@code act} on this thread once the folders as they are now have been handled, and waits for it.
     *
     * @throws VfioException as {@code act} threw; ETIMEDOUT after a minute, where the request is given up unless it has
     *     begun; EIO where the round failed; ENODEV where the loop has ended
     */
    <T> T ask(String what, Callable<T> act) {
        return ask(what, ASKED_LIMIT, act);
    }

    <T> T ask(String what, Duration limit, Callable<T> act) {
        DeployRequest<T> request = new DeployRequest<>(what, act);
        synchronized (this) {
            if (closed) {
                throw DeployRequest.ended(what);
            }
            requests.add(request);
            notifyAll();
        }
        return request.await(limit);
    }

    private void run() {
        try {
            while (!isClosed()) {
                List<DeployRequest<?>> asked = taken(); // first: a request that comes after the look is for the next round
                round(asked, looks(!asked.isEmpty()));
                await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            taken().forEach(request -> request.fail(DeployRequest.ended("request")));
            answers.forEach(Runnable::run);
        }
    }

    /** Runs one round. The thread outlives every failure: without it no driver comes or goes any more. */
    private void round(List<DeployRequest<?>> asked, boolean look) {
        try {
            if (look) {
                look();
            }
            if (!opened || !arrivals.settled()) {
                putBack(asked);
            } else {
                asked.forEach(request -> answers.add(request.begin()));
            }
            if (opened) {
                deploy();
            }
        } catch (Throwable e) { // a file may cost more memory than there is, a driver may lack a class
            asked.forEach(request -> request.fail(e));
            System.getLogger(DeployLoop.class.getName()).log(System.Logger.Level.ERROR, "a round of deployment failed", e);
        }
    }

    private void look() {
        scanned = false;
        FolderScan.Listing listing = scan.read();
        warn(listing.unread());
        arrivals.settle(listing).forEach(reconciler.files()::take);
        scanned = unread.isEmpty();
        // The first round decides with all files at hand, since it adopts the builds that a former run has left.
        if (!opened && (arrivals.settled() && scanned || patience.passed())) {
            opened = true;
            readyBy = Deadline.in(readyLimit);
        }
    }

    private void deploy() {
        try {
            reconciler.reconcile();
        } finally {
            progress.run();
        }
        boolean done = reconciler.idle() && arrivals.settled();
        if (done) {
            answers.forEach(Runnable::run);
            answers.clear();
        }
        if (!toldReady && (reconciler.idle() || readyBy.passed())) {
            toldReady = true;
            ready.run();
        }
    }

    /** Logs, once for each folder, that it cannot be listed. */
    private void warn(Map<Path, IOException> now) {
        now.forEach((folder, reason) -> {
            if (!unread.contains(folder)) {
                System.getLogger(DeployLoop.class.getName()).log(System.Logger.Level.WARNING,
                        "cannot list {0}, so what runs from it goes on running: {1}", folder, PlainText.causes(reason));
            }
        });
        unread = Set.copyOf(now.keySet());
    }

    /** Tells whether there is more to do than to take in ended transactions. */
    private synchronized boolean looks(boolean asked) {
        boolean look = signalled || asked || !woken || !opened || !scanned || !arrivals.settled();
        signalled = false;
        woken = false;
        return look;
    }

    private synchronized List<DeployRequest<?>> taken() {
        List<DeployRequest<?>> asked = List.copyOf(requests);
        requests.clear();
        return asked;
    }

    private synchronized void putBack(List<DeployRequest<?>> asked) {
        requests.addAll(0, asked.stream().filter(request -> !request.claimed()).toList());
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /**
     * Waits for the next round. While files settle, one scan each quiet period is enough; signals cut short only longer
     * waits.
     */
    private synchronized void await() throws InterruptedException {
        if (!opened || !arrivals.settled()) {
            waitUnless(() -> woken, Math.min(due(), quiet.toNanos()));
        }
        boolean asks = opened && arrivals.settled();
        waitUnless(() -> signalled || woken || asks && !requests.isEmpty(), due());
    }

    private long due() {
        long due = arrivals.settled() ? LONGEST_NANOS : arrivals.due();
        due = Math.min(scanned ? due : Math.min(due, RETRY_NANOS), reconciler.dueNanos());
        return opened && !toldReady ? Math.min(due, Math.max(0, readyBy.leftNanos())) : due;
    }

    private void waitUnless(BooleanSupplier enough, long nanos) throws InterruptedException {
        Deadline end = Deadline.in(Duration.ofNanos(nanos));
        for (long left = nanos; left > 0 && !closed && !enough.getAsBoolean(); left = end.leftNanos()) {
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        reconciler.end();
        try {
            thread.join(END_LIMIT_MILLIS);
            if (!thread.isAlive()) {
                reconciler.endUpdates();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
