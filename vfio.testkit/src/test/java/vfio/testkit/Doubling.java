// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DriverState;
import vfio.pci.core.PciFunctionOwner;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.user.DmaMemory;
import vfio.pci.core.user.Interrupt;
import vfio.pci.core.user.Registers;

/** An owner of {@link CommandModel}, as a vendor would write it: by BAR, memory and message, and offered as a service. */
class Doubling implements PciFunctionOwner, Doubler {
    static final int VERSION = 1;

    final List<String> calls = new CopyOnWriteArrayList<>();
    final VfioPciDevice device;
    final AtomicLong commands = new AtomicLong();
    final AtomicLong interrupts = new AtomicLong();
    private final Semaphore done = new Semaphore(0);
    Registers bar;
    DmaMemory memory;
    List<Interrupt> messages;

    Doubling(VfioPciDevice device) {
        this.device = device;
    }

    @Override
    public VfioPciDevice device() {
        return device;
    }

    @Override
    public void start() {
        calls.add("start");
        attach();
        bar.write64(CommandModel.ADDRESS, memory.iova());
    }

    private void attach() {
        bar = device.bar(0);
        memory = device.dma("commands", 4096);
        messages = device.msix(2);
        messages.get(0).listen(() -> {
            interrupts.incrementAndGet();
            done.release();
        });
        device.offer(Doubler.class, this, Map.of("kind", "doubler"));
    }

    @Override
    public synchronized long doubled(long number) {
        commands.incrementAndGet();
        memory.view().write64(0, number);
        bar.write32(CommandModel.DOORBELL, 1);
        try {
            if (!done.tryAcquire(10, TimeUnit.SECONDS)) {
                throw new VfioException(Errno.ETIMEDOUT, "double " + number + ": the device does not answer");
            }
        } catch (InterruptedException e) {
            throw new VfioException(Errno.EINTR, "double " + number);
        }
        return memory.view().read64(8);
    }

    @Override
    public void stop() {
        calls.add("stop");
    }

    @Override
    public DriverState handOver(int version) {
        calls.add("handOver " + version);
        return DriverState.of(version).with("commands", commands.get());
    }

    @Override
    public void takeOver(DriverState state) {
        calls.add("takeOver " + state.version());
        attach();
        commands.set(state.number("commands", 0));
    }

    @Override
    public void stay() {
        calls.add("stay");
    }

    @Override
    public void handedOver() {
        calls.add("handedOver");
    }

    @Override
    public void remove() {
        calls.add("remove");
    }

    static boolean comes(BooleanSupplier condition) {
        return Facts.comes(Duration.ofSeconds(20), condition);
    }
}
