// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The sign that deployment ends, given once: a transaction that waits for a time goes on at once then. */
final class EndSign {
    private final CountDownLatch sign = new CountDownLatch(1);

    void give() {
        sign.countDown();
    }

    boolean hasCome() {
        return sign.getCount() == 0;
    }

    /** Waits; returns whether the end has come meanwhile, or the thread was interrupted. */
    boolean comesWithin(Duration time) {
        try {
            return sign.await(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
