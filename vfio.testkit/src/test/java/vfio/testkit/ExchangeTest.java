// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.DriverState;
import vfio.core.device.ForwardingRegion;
import vfio.core.device.Mapping;
import vfio.core.device.Region;
import vfio.core.device.RegionOperations;
import vfio.hardware.emulated.FunctionDescription;
import vfio.pci.core.Opening;
import vfio.pci.core.PciDriver;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

/** A driver of an open function is exchanged for another version of it. */
class ExchangeTest {
    private static final int CONFIG = 7;
    private static final int MSI = 1;
    private static final int VENDOR = 9;
    private static final int SUBSYSTEM = 0x2c;

    private final FunctionDescription model = Sound.function();
    private final List<Function<VfioPciDevice, VfioPciOperations>> versions = new ArrayList<>();
    private final AtomicInteger probes = new AtomicInteger();
    private final Rig rig = new Rig(model, this::next);

    private PciDriver next() {
        Function<VfioPciDevice, VfioPciOperations> version =
                versions.get(Math.min(probes.getAndIncrement(), versions.size() - 1));
        return (device, id) -> version.apply(device);
    }

    /** Counts the writes of BAR 0, in which state it hands over, and adds a register. */
    private static class Counting extends VfioPciOperations {
        final AtomicLong writes = new AtomicLong();
        final List<String> calls = new CopyOnWriteArrayList<>();

        Counting(VfioPciDevice device) {
            super(device);
        }

        @Override
        protected void openDevice(Opening opening) {
            calls.add("open");
            opening.addRegion(VfioPciDevice.PCI_VENDOR_TYPE | 0x1234, 1, new ForwardingRegion(super.region(0)) {
                @Override
                public long read(long position, int width) {
                    return writes.get();
                }

                @Override
                public vfio.core.SharedMemory memory() {
                    return null;
                }
            });
            opening.claimConfig(SUBSYSTEM, (byte) 0x34, (byte) 0x12);
        }

        @Override
        public RegionOperations region(int index) {
            return index != 0 ? super.region(index) : new ForwardingRegion(super.region(0)) {
                @Override
                public void write(long position, int width, long value) {
                    writes.incrementAndGet();
                    super.write(position, width, value);
                }

                @Override
                public vfio.core.SharedMemory memory() {
                    return null;
                }
            };
        }

        @Override
        public DriverState handOver(int version) {
            return DriverState.of(version).with("writes", writes.get());
        }

        @Override
        public void takeOver(DriverState state) {
            super.takeOver(state);
            writes.set(state.number("writes", 0));
        }

        @Override
        public void handedOver() {
            calls.add("handedOver");
        }

        @Override
        public void remove() {
            calls.add("remove");
        }
    }

    @AfterEach
    void end() {
        rig.close();
    }

    private Errno refused() {
        return assertThrows(VfioException.class, rig::exchange).errno();
    }

    @Test
    void aDriverThatChangesNothingIsExchangedAsItIs() {
        versions.add(VfioPciOperations::new);
        rig.bind();
        DeviceHandle handle = rig.open();
        Region config = handle.region(CONFIG);
        config.write16(4, (short) 6); // memory and bus master: what a reset or a close would take away
        Mapping mapping = handle.region(2).map(0, 4096);
        mapping.write32(0, 42);
        Object before = rig.binding();
        rig.exchange();
        assertFalse(before == rig.binding());
        assertTrue(handle.isOpen());
        assertEquals(6, config.read16(4) & 6);
        assertEquals(42, mapping.read32(0));
        assertEquals(1, rig.watch().opens());
    }

    @Test
    void stateRegionsClaimsAndInterruptsGoOn() {
        versions.add(Counting::new);
        rig.state("1").bind();
        DeviceHandle handle = rig.open();
        handle.region(CONFIG).write16(4, (short) 2);
        AtomicInteger messages = new AtomicInteger();
        handle.setIrqs(IrqRequest.trigger(MSI, 0, messages::incrementAndGet));
        Region vendor = handle.region(VENDOR);
        handle.region(CONFIG).write8(SUBSYSTEM, (byte) 0x77);
        handle.region(0).write32(0, 1);
        Counting first = (Counting) rig.binding();
        for (int version = 1; version <= 5; version++) {
            rig.exchange();
            rig.raise(0);
            handle.region(0).write32(0, version);
            assertEquals(version + 1, vendor.read64(0));
        }
        assertEquals(5, messages.get());
        assertEquals(0x77, handle.region(CONFIG).read8(SUBSYSTEM));
        assertEquals(10, handle.info().regions());
        assertEquals(List.of("open", "handedOver", "remove"), first.calls);
        assertEquals(1, first.writes.get());
        assertEquals(1, rig.watch().opens());
        handle.close();
        rig.open().close();
    }

    @Test
    void aFunctionThatNobodyHasOpenIsExchangedWithoutAReset() {
        versions.add(Counting::new);
        rig.bind();
        Counting first = (Counting) rig.binding();
        rig.exchange();
        assertEquals(List.of("remove"), first.calls);
        DeviceHandle handle = rig.open();
        assertEquals(List.of("open"), ((Counting) rig.binding()).calls);
        handle.close();
        assertEquals(1, rig.watch().opens());
    }

    @Test
    void aDriverWithAStateThatSaysNoVersionIsEopnotsuppWhileItIsOpen() {
        versions.add(Counting::new);
        rig.bind();
        Object before = rig.binding();
        DeviceHandle handle = rig.open();
        assertEquals(Errno.EOPNOTSUPP, refused());
        assertSame(before, rig.binding());
        handle.region(CONFIG).write16(4, (short) 2);
        handle.region(0).write32(0, 1);
        handle.close();
        rig.exchange();
    }

    /** Another claim, another region, none. */
    @Test
    void aVersionThatAddsOtherPartsIsEinval() {
        versions.add(Counting::new);
        versions.add(device -> new Counting(device) {
            @Override
            protected void openDevice(Opening opening) {
                super.openDevice(opening);
                opening.claimConfig(SUBSYSTEM + 2, (byte) 1);
            }
        });
        versions.add(device -> new Counting(device) {
            @Override
            protected void openDevice(Opening opening) {
                super.openDevice(opening);
                opening.addRegion(1, 1, super.region(0));
            }
        });
        versions.add(device -> new Counting(device) {
            @Override
            protected void openDevice(Opening opening) {
                opening.claimConfig(SUBSYSTEM, (byte) 1, (byte) 1);
            }
        });
        versions.add(Counting::new);
        rig.state("1").bind();
        DeviceHandle handle = rig.open();
        handle.region(CONFIG).write16(4, (short) 2);
        Object before = rig.binding();
        for (int version = 1; version <= 3; version++) {
            assertEquals(Errno.EINVAL, refused());
            assertSame(before, rig.binding());
        }
        handle.region(0).write32(0, 1);
        rig.exchange();
        assertEquals(1, handle.region(VENDOR).read64(0));
    }

    /** A thread that a driver forgot: it does not reach the device that its next version has. */
    @Test
    void theVersionOfBeforeReachesNothingAndTheNextChangesNothingTooSoon() {
        List<Errno> tooSoon = new CopyOnWriteArrayList<>();
        versions.add(Counting::new);
        versions.add(device -> new Counting(device) {
            @Override
            public void takeOver(DriverState state) {
                super.takeOver(state);
                for (Runnable act : List.<Runnable>of(this::reset, () -> setIrqs(IrqRequest.disable(MSI)), () -> request(0),
                        () -> ioEvent(0, 0, 4, 1, () -> { }), this::closeDevice, () -> wake(0))) {
                    tooSoon.add(assertThrows(VfioException.class, act::run).errno());
                }
            }
        });
        rig.state("1").bind();
        rig.open();
        Counting first = (Counting) rig.binding();
        rig.exchange();
        assertEquals(List.of(Errno.EBUSY, Errno.EBUSY, Errno.EBUSY, Errno.EBUSY, Errno.EBUSY, Errno.EBUSY), tooSoon);
        for (Runnable act : List.<Runnable>of(first::reset, first::info, () -> first.region(1), () -> first.irqInfo(0),
                () -> first.setIrqs(IrqRequest.disable(MSI)), first::closeDevice, () -> first.wake(0), first::features)) {
            assertEquals(Errno.ENODEV, assertThrows(VfioException.class, act::run).errno());
        }
    }

    @Test
    void aProbeThatFailsLeavesTheVersionOfBefore() {
        versions.add(VfioPciOperations::new);
        versions.add(device -> {
            throw new VfioException(Errno.ENXIO, "no firmware");
        });
        versions.add(VfioPciOperations::new);
        rig.bind();
        DeviceHandle handle = rig.open();
        assertEquals(Errno.ENXIO, refused());
        handle.region(CONFIG).read16(0);
        rig.exchange();
    }

    /** Register accesses, an interrupt storm and resets go on over 100 exchanges. */
    @Test
    void usersSeeNothingOfAHundredExchanges() throws InterruptedException {
        versions.add(Counting::new);
        rig.state("1").bind();
        DeviceHandle handle = rig.open();
        handle.region(CONFIG).write16(4, (short) 2);
        AtomicLong came = new AtomicLong();
        handle.setIrqs(IrqRequest.trigger(MSI, 0, came::incrementAndGet));
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong raised = new AtomicLong();
        AtomicLong written = new AtomicLong();
        List<Throwable> errors = new CopyOnWriteArrayList<>();
        List<Thread> users = new ArrayList<>();
        users.add(user(errors, stop, () -> {
            handle.region(0).write32(0, 1);
            written.incrementAndGet();
        }));
        users.add(user(errors, stop, () -> {
            rig.raise(0);
            raised.incrementAndGet();
        }));
        for (int i = 0; i < 100;) {
            try {
                rig.exchange();
                i++;
            } catch (VfioException e) {
                assertEquals(Errno.EBUSY, e.errno());
            }
        }
        stop.set(true);
        for (Thread user : users) {
            user.join();
        }
        assertEquals(List.of(), errors);
        assertEquals(written.get(), handle.region(VENDOR).read64(0));
        assertEquals(raised.get(), came.get());
    }

    private static Thread user(List<Throwable> errors, AtomicBoolean stop, Runnable act) {
        Thread user = new Thread(() -> {
            try {
                while (!stop.get()) {
                    act.run();
                }
            } catch (Throwable e) {
                errors.add(e);
            }
        });
        user.start();
        return user;
    }
}
