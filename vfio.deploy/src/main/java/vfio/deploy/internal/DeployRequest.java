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
 * Something asked of the deploy thread, done when all that was there at the time has been handled. It is begun once, or
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

    /** Acts; the asker learns of it when what is returned is run. */
    Runnable begin() {
        if (!claimed.compareAndSet(false, true)) {
            return () -> { };
        }
        try {
            T result = act.call();
            return () -> answer.complete(result);
        } catch (Throwable e) { // whatever it is, it is the asker's
            return () -> answer.completeExceptionally(e);
        }
    }

    /** No effect on one that has been answered. */
    void fail(Throwable reason) {
        answer.completeExceptionally(reason);
    }

    /** Whether it was given up or has begun. */
    boolean claimed() {
        return claimed.get();
    }

    static VfioException ended(String what) {
        return new VfioException(Errno.ENODEV, what + ": deployment has ended");
    }

    /** @throws VfioException what the act threw; ETIMEDOUT after {@code limit}, EAGAIN where interrupted */
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
