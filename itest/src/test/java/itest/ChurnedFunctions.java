// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import itest.drivers.Churn;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import vfio.core.EventCounter;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Region;
import vfio.core.device.VfioUser;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.FunctionSpec;
import vfio.hardware.emulated.Hotplug;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.admin.DeviceAdmin;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.id.RegionIndex;
import vfio.pci.core.user.DmaMemory;
import vfio.pci.core.user.FunctionHandle;
import vfio.pci.core.user.Registers;
import vfio.pci.core.user.VfioPciDevices;

/**
 * Functions with users who never pause: registers, interrupts whose listeners come back in, pins, writes at signals, DMA,
 * resets, low power, and VFs that come and go. A user that is refused anything ends the stress.
 */
final class ChurnedFunctions {
    /** QEMU's device for teaching: its register raises an interrupt within the write; it does DMA. */
    private static final String EDU = "0000:40:00.0";
    /** Its writes are counted, its pin is asserted, and its memory is written at signals. */
    private static final String CARD = "0000:41:00.0";
    /** It sends messages. */
    private static final String SENDER = "0000:42:00.0";
    /** It is reset, and sleeps. */
    private static final String SLEEPER = "0000:43:00.0";
    /** It has VFs. */
    private static final String PF = "0000:44:00.0";
    static final List<String> ALL = List.of(EDU, CARD, SENDER, SLEEPER, PF);
    private static final int FIRST_BUS = 0x40;
    private static final int VECTORS = 5;
    private static final int EDU_RAISE = 0x60;
    private static final int EDU_ACKNOWLEDGE = 0x64;
    private static final int EDU_BUFFER = 0x40000;
    private static final int ACTS = 64;
    private static final long BREATH = 200_000;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Hotplug hotplug;
    private final VfioPciDevices devices;
    private final DeviceAdmin admin;
    private final StressTally tally = new StressTally();
    private final List<DeviceHandle> handles = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicLong counted = new AtomicLong();
    private FunctionHandle edu;
    private DeviceHandle card;
    private DeviceHandle sender;
    private DeviceHandle sleeper;
    private volatile boolean over;

    /** What a user does again and again. */
    private interface Act {
        void run() throws Exception;
    }

    /** Interrupts that were raised one at a time, of which each comes once; some come on a thread of the bus. */
    private static final class Raised {
        private final AtomicLong came = new AtomicLong();
        private long raised;

        private void come() {
            came.incrementAndGet();
        }

        private void awaitAll() {
            raised++;
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (came.get() < raised && System.nanoTime() - end < 0) {
                Thread.onSpinWait();
            }
            assertEquals("interrupts that came", raised, came.get());
        }
    }

    ChurnedFunctions(Hotplug hotplug, VfioPciDevices devices, DeviceAdmin admin) {
        this.hotplug = hotplug;
        this.devices = devices;
        this.admin = admin;
    }

    void plugAll() {
        DeviceKey port = new DeviceKey(0x8086, 0x2940, 0x8086, 0x2940, 0x060400);
        for (int i = 0; i < ALL.size(); i++) {
            hotplug.plug(new FunctionSpec(PciAddress.parse("0000:00:1e." + i), FunctionDescription.builder(port)
                    .bridge(FIRST_BUS + i, FIRST_BUS + i).express(PortType.ROOT_PORT).build()));
        }
        DeviceKey teaching = new DeviceKey(0x1234, 0x11e8, 0x1af4, 0x1100, 0x00ff00);
        plug(EDU, FunctionDescription.builder(teaching).bar(new Bar(0, 1 << 20, false, false, false)).interruptPin(1)
                .msi(1, true, false).express(PortType.ENDPOINT).model("edu"));
        plug(CARD, card());
        plug(SENDER, card());
        plug(SLEEPER, card());
        plug(PF, card().sriov(4, 0x10d3, 8, 1, vf -> vf.bar(new Bar(0, 16 << 10, false, true, false))
                .express(PortType.ENDPOINT)));
    }

    private static FunctionDescription.Builder card() {
        DeviceKey nic = new DeviceKey(0x8086, 0x10d3, 0x8086, 0xa01f, 0x020000);
        return FunctionDescription.builder(nic).bar(new Bar(0, 128 << 10, false, false, false))
                .bar(new Bar(3, 16 << 10, false, false, false)).interruptPin(1).powerManagement()
                .msix(VECTORS, 3, 0, 0x2000).express(PortType.ENDPOINT);
    }

    private void plug(String address, FunctionDescription.Builder model) {
        hotplug.plug(new FunctionSpec(PciAddress.parse(address), model.build()));
    }

    void unplugAll() {
        for (int i = 0; i < ALL.size(); i++) {
            hotplug.unplug(PciAddress.parse("0000:00:1e." + i));
        }
    }

    private DeviceHandle opened(String function) {
        DeviceHandle handle = devices.open(function, VfioUser.named("busy with " + function));
        handles.add(handle);
        return handle;
    }

    void open() {
        edu = devices.use(EDU, VfioUser.named("busy with " + EDU));
        card = opened(CARD);
        sender = opened(SENDER);
        sleeper = opened(SLEEPER);
        opened(PF);
    }

    void start() {
        DmaMemory memory = edu.dma(8192);
        edu.enableBusMaster();
        Registers registers = edu.bar(0);
        Region desk = edu.device().region(0);
        Raised raised = new Raised();
        edu.device().setIrqs(IrqRequest.trigger(IrqIndex.MSI, 0, EventSignal.calling(() -> {
            assertTrue(desk.read32(0x24) != 0); // it comes back in, from inside the write
            raised.come();
        })));
        run("interrupt from inside a write", () -> {
            desk.write32(EDU_RAISE, 2);
            raised.awaitAll();
            desk.write32(EDU_ACKNOWLEDGE, 2);
        });
        run("transfer", () -> transfer(registers, memory));
        Region bar = card.region(0);
        run("counted write", () -> {
            int value = (int) counted.incrementAndGet();
            bar.write32(16, value);
            assertEquals(value, bar.read32(16));
        });
        pins();
        EventCounter signal = new EventCounter();
        sender.ioEvent(0, 64, 4, 0x4711, signal);
        Region written = sender.region(0);
        run("write at a signal", () -> {
            written.write32(64, 0);
            signal.signal();
            assertEquals(0x4711, written.read32(64));
        });
        messages();
        run("reset", () -> sleeper.reset());
        run("low power", () -> {
            sleeper.feature(power(Features.LOW_POWER_ENTRY));
            assertEquals(0x10d3_8086, sleeper.region(RegionIndex.CONFIG).read32(0));
            sleeper.feature(power(Features.LOW_POWER_EXIT));
        });
        run("VFs", () -> {
            admin.virtualFunctions(PF, 2);
            admin.virtualFunctions(PF, 0);
        });
    }

    private static FeatureRequest power(int feature) {
        return new FeatureRequest(16, FeatureRequest.SET | feature, ByteBuffer.allocate(8), null);
    }

    private void transfer(Registers registers, DmaMemory memory) throws InterruptedException {
        byte[] bytes = new byte[256];
        Arrays.fill(bytes, (byte) tally.of("transfer"));
        memory.put(0, bytes);
        move(registers, memory.iova(), EDU_BUFFER, bytes.length, 1);
        move(registers, EDU_BUFFER, memory.iova() + 4096, bytes.length, 3);
        assertTrue("memory after a transfer", Arrays.equals(bytes, memory.get(4096, bytes.length)));
    }

    private static void move(Registers registers, long from, long to, int count, int command) throws InterruptedException {
        registers.write64(0x80, from);
        registers.write64(0x88, to);
        registers.write64(0x90, count);
        registers.write64(0x98, command);
        registers.poll32(0x98, value -> (value & 1) == 0, PATIENCE);
    }

    /** The pin is masked when it has been signalled, and unmasked by the user. */
    private void pins() {
        Raised raised = new Raised();
        card.setIrqs(IrqRequest.trigger(IrqIndex.INTX, 0, EventSignal.calling(raised::come)));
        run("pin", () -> {
            hotplug.assertIntx(PciAddress.parse(CARD), true);
            raised.awaitAll();
            hotplug.assertIntx(PciAddress.parse(CARD), false);
            card.setIrqs(IrqRequest.unmask(IrqIndex.INTX, 0, 1));
        });
    }

    private void messages() {
        Raised raised = new Raised();
        EventSignal[] signals = new EventSignal[VECTORS];
        Arrays.fill(signals, EventSignal.calling(raised::come));
        sender.setIrqs(IrqRequest.trigger(IrqIndex.MSIX, 0, signals));
        run("message", () -> {
            hotplug.raise(PciAddress.parse(SENDER), (int) (tally.of("message") % VECTORS));
            raised.awaitAll();
        });
    }

    private void run(String what, Act act) {
        Thread thread = new Thread(() -> {
            try {
                for (int n = 1; !over; n++) {
                    act.run();
                    tally.count(what);
                    if (n % ACTS == 0) {
                        LockSupport.parkNanos(BREATH); // else ten such users leave the updates no processor
                    }
                }
            } catch (Throwable e) {
                failure.compareAndSet(null, new AssertionError(what, e));
            }
        }, "churn " + what);
        threads.add(thread);
        thread.start();
    }

    Throwable failure() {
        return failure.get();
    }

    StressTally tally() {
        return tally;
    }

    void stop() throws InterruptedException {
        over = true;
        for (Thread thread : threads) {
            thread.join(PATIENCE.toMillis());
            assertTrue(thread.getName() + " does not end: " + Arrays.toString(thread.getStackTrace()), !thread.isAlive());
        }
        if (failure.get() != null) {
            throw new AssertionError(tally.toString(), failure.get());
        }
        for (Thread thread : threads) {
            String what = thread.getName().substring("churn ".length());
            assertTrue(what + " never worked: " + tally, tally.of(what) > 0);
        }
    }

    /** The driver has counted what its user has written, through all builds. */
    void assertNothingLost() {
        long writes = card.feature(new FeatureRequest(16, FeatureRequest.GET | Churn.COUNT, ByteBuffer.allocate(8), null))
                .payload().order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        assertEquals("writes counted by the driver", counted.get(), writes);
        handles.forEach(handle -> assertTrue(handle.deviceName() + " was lost", handle.isOpen()));
        assertTrue(edu.isOpen());
    }

    void close() {
        over = true;
        handles.forEach(DeviceHandle::close);
        if (edu != null) {
            edu.close();
        }
    }
}
