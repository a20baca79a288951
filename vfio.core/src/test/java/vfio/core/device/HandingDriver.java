// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import vfio.core.IrqRequest;
import vfio.core.SharedMemory;
import vfio.core.dirty.DirtyLog;
import vfio.core.feature.Features;
import vfio.core.info.DeviceInfo;
import vfio.core.info.IrqInfo;
import vfio.core.migration.MigrationOperations;

/** A driver that counts the writes of its register, region 0; region 1 is memory. */
final class HandingDriver extends VfioOperations {
    final String name;
    final List<String> calls = new ArrayList<>();
    final AtomicLong writes = new AtomicLong();
    volatile DeviceInfo info = new DeviceInfo(0, 2, 1, List.of());
    volatile IrqInfo irq = new IrqInfo(0, IrqInfo.EVENTFD, 1);
    volatile Features features = Features.NONE;
    volatile long size = 8;
    volatile SharedMemory mapped;
    volatile LongFunction<DriverState> handed = writes -> DriverState.of(1).with("writes", writes);
    volatile MigrationOperations migration;
    volatile DirtyLog log;
    volatile Runnable onInfo = () -> { };
    volatile Runnable onHandOver = () -> { };
    volatile Runnable onTakeOver = () -> { };
    volatile Runnable onStay = () -> { };
    volatile Runnable onWrite = () -> { };
    volatile boolean healthy = true;

    HandingDriver(SharedMemory memory, String name) {
        mapped = memory;
        this.name = name;
    }

    private synchronized void called(String call) {
        calls.add(call);
    }

    synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    @Override
    public void openDevice() {
        called("open");
    }

    @Override
    public void closeDevice() {
        called("close");
    }

    @Override
    public MigrationOperations migration() {
        return migration;
    }

    @Override
    public DirtyLog dirtyLog() {
        return log;
    }

    @Override
    public void reset() {
        called("reset");
    }

    @Override
    public DeviceInfo info() {
        onInfo.run();
        return info;
    }

    @Override
    public IrqInfo irqInfo(int index) {
        return irq;
    }

    @Override
    public Features features() {
        return features;
    }

    @Override
    public int setIrqs(IrqRequest request) {
        called("irqs");
        return 0;
    }

    @Override
    public RegionOperations region(int index) {
        return index == 1 ? new MemoryRegion(mapped) : new RegionOperations() {
            @Override
            public long size() {
                return size;
            }

            @Override
            public long read(long position, int width) {
                return writes.get();
            }

            @Override
            public void release() {
                called("release");
            }

            @Override
            public void write(long position, int width, long value) {
                onWrite.run();
                writes.incrementAndGet();
            }
        };
    }

    @Override
    public DriverState handOver(int version) {
        called("handOver");
        onHandOver.run();
        return handed.apply(writes.get());
    }

    @Override
    public void takeOver(DriverState state) {
        called("takeOver");
        writes.set(state.number("writes", 0));
        onTakeOver.run();
    }

    @Override
    public void stay() {
        called("stay");
        onStay.run();
    }

    @Override
    public boolean healthy() {
        return healthy;
    }

    @Override
    public void handedOver() {
        called("handedOver");
    }
}
