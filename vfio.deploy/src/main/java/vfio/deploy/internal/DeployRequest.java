// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * A request to the deploy thread, done when the files that were there at the time have been handled. It is begun once, or
 * never where the asker has given up before.
 */
final class DeployRequest<T> {
    private final String what;
    private final Callable<T> act;
    private final CompletableFuture<T> answer = new CompletableFuture<>();
    /** Set by whichever is first: the deploy thread that begins it, or the asker that gives up. */
    private final AtomicBoolean claimed = new AtomicBoolean();

    DeployRequest(String what, Callable<T> act) {
        this.what = what;
        this.act = act;
    }

    /** Acts; returns what answers the asker. */
    Runnable begin() {
        if (!claimed.compareAndSet(false, true)) {
            return () -> { };
        }
        try {
            T result = act.call();
            return () -> answer.complete(result);
        } catch (Throwable e) { // thrown again to the asker
            return () -> answer.completeExceptionally(e);
        }
    }

    /** Answers with a failure; no effect on a request that has been answered. */
    void fail(Throwable reason) {
        answer.completeExceptionally(reason);
    }

    /** Tells whether the request was given up or has begun. */
    boolean claimed() {
        return claimed.get();
    }

    /** Makes the exception of a request that comes after the end. */
    static VfioException ended(String what) {
        return new VfioException(Errno.ENODEV, what + ": deployment has ended");
    }

    /**
     * Waits for the answer.
     *
     * @throws VfioException as the act threw; ETIMEDOUT after {@code limit}; EAGAIN where interrupted; EIO for another
     *     failure
     */
    T await(Duration limit) {
        try {
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            String rest = " after " + limit.toSeconds() + " s; see its row";
            throw new VfioException(Errno.ETIMEDOUT, what + (claimed.compareAndSet(false, true)
                    ? ": not done, a file is still being copied or a driver still starting" + rest
                    : ": has begun and goes on, a driver it concerns is still starting or stopping" + rest));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VfioException(Errno.EAGAIN, what + (claimed.compareAndSet(false, true)
                    ? ": interrupted, not done" : ": interrupted, but it has begun and goes on"));
        } catch (ExecutionException e) {
            throw e.getCause() instanceof VfioException known ? known
                    : new VfioException(Errno.EIO, what + ": " + PlainText.causes(e.getCause()));
        }
    }
}
