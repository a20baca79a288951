// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import vfio.core.info.DeviceInfo;
import vfio.core.migration.MigrationOperations;

/** A driver that counts its calls and does what a test tells it. */
public final class TestDriver extends VfioOperations {
    final AtomicInteger opens = new AtomicInteger();
    final AtomicInteger closes = new AtomicInteger();
    final TestMemory memory = new TestMemory(4096);
    /** What it answers for each region: memory, at first. */
    public final List<Supplier<RegionOperations>> regions = new ArrayList<>(List.of(() -> new MemoryRegion(memory)));
    final AtomicInteger resets = new AtomicInteger();
    volatile MigrationOperations migration;
    volatile Runnable onOpen = () -> { };
    volatile Runnable onClose = () -> { };
    volatile Runnable onReset = () -> { };
    volatile IntPredicate onWake = index -> false;

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
    public DeviceInfo info() {
        return new DeviceInfo(0, regions.size(), 0, List.of());
    }

    @Override
    public RegionOperations region(int index) {
        return regions.get(index).get();
    }

    @Override
    public MigrationOperations migration() {
        return migration;
    }

    @Override
    public void reset() {
        resets.incrementAndGet();
        onReset.run();
    }

    @Override
    public boolean wake(int index) {
        return onWake.test(index);
    }

    /** Waits as a driver does that does not look at its interrupts. */
    public static void hang(CountDownLatch until) {
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
