// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A driver that counts its calls and does what a test tells it. */
final class TestDriver extends VfioOperations {
    final AtomicInteger opens = new AtomicInteger();
    final AtomicInteger closes = new AtomicInteger();
    final TestMemory memory = new TestMemory(4096);
    volatile Runnable onOpen = () -> { };
    volatile Runnable onClose = () -> { };

    @Override
    public void openDevice() {
        opens.incrementAndGet();
        onOpen.run();
    }

    @Override
    public void closeDevice() {
        closes.incrementAndGet();
        onClose.run();
    }

    @Override
    public SharedMemory regionMemory(int region) {
        return region == 0 ? memory : region == 1 ? null : super.regionMemory(region);
    }

    /** Waits as a driver does that does not look at its interrupts. */
    static void hang(CountDownLatch until) {
        boolean interrupted = false;
        while (true) {
            try {
                until.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
