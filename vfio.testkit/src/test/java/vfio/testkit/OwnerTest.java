// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.DriverState;
import vfio.core.device.Mapping;
import vfio.core.device.MemoryRegion;
import vfio.pci.core.Opening;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.user.DmaMemory;
import vfio.pci.core.user.Interrupt;

/** What a driver gets of its function from the core, and what it is refused. */
class OwnerTest {
    private final AtomicReference<Version> version = new AtomicReference<>(Doubling::new);
    private final Rig rig = CommandModel.rig(() -> (PciDriver) (device, id) -> version.get().of(device),
            Duration.ofSeconds(10)).state("1");

    /** A version of the driver. */
    private interface Version {
        PciBinding of(VfioPciDevice device);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private VfioPciDevice owned() {
        rig.bind();
        return rig.binding().device();
    }

    private Doubling bound() {
        rig.bind();
        return (Doubling) rig.binding();
    }

    private static void refused(Errno errno, Runnable act) {
        VfioException refusal = assertThrows(VfioException.class, act::run);
        assertEquals(errno, refusal.errno(), refusal.getMessage());
    }

    private static void refusedToOthers(Errno errno, VfioPciDevice device) {
        refused(errno, () -> device.bar(0));
        refused(errno, () -> device.dma("x", 4096));
        refused(errno, () -> device.msix(1));
        refused(errno, () -> device.offer(Runnable.class, () -> { }, Map.of()));
    }

    @Test
    void functionIsNotTheDriversInItsProbe() {
        version.set(device -> {
            refusedToOthers(Errno.EBUSY, device);
            refused(Errno.ENODEV, () -> device.memory("x", 1));
            return new Doubling(device);
        });
        rig.bind();
    }

    @Test
    void functionOfAVfioDriverIsItsUsers() {
        version.set(VfioPciOperations::new);
        rig.bind();
        refusedToOthers(Errno.EOPNOTSUPP, rig.binding().device());
        try (DeviceHandle handle = rig.open()) {
            refusedToOthers(Errno.EOPNOTSUPP, rig.binding().device());
            assertTrue(handle.isOpen());
        }
    }

    @Test
    void functionIsNotTheDriversAfterItsStop() {
        VfioPciDevice device = owned();
        rig.unbind();
        refusedToOthers(Errno.ENODEV, device);
        refused(Errno.ENODEV, () -> device.memory("x", 1));
    }

    @Test
    void deviceThatTheCoreDidNotMakeHasNothing() {
        VfioPciDevice device = owned();
        VfioPciDevice own = new VfioPciDevice() {
            @Override
            public PciFunction function() {
                return device.function();
            }

            @Override
            public String driver() {
                return "test";
            }

            @Override
            public Optional<String> setting(String name) {
                return Optional.empty();
            }
        };
        refusedToOthers(Errno.ENODEV, own);
        refused(Errno.ENODEV, () -> own.memory("x", 1));
    }

    @Test
    void failedStartLeavesNothing() {
        AtomicReference<Doubling> failed = new AtomicReference<>();
        AtomicReference<Doubler> offered = new AtomicReference<>();
        version.set(device -> {
            failed.set(new Doubling(device) {
                @Override
                public void start() {
                    super.start();
                    throw new VfioException(Errno.ENXIO, "no");
                }
            });
            return failed.get();
        });
        refused(Errno.ENXIO, rig::bind);
        assertEquals(List.of("start", "remove"), failed.get().calls);
        refused(Errno.ENODEV, () -> failed.get().device.bar(0));
        refused(Errno.ENODEV, () -> offered.set(rig.offered(Doubler.class)));
        assertEquals(-1, failed.get().memory.view().read32(0));
        version.set(Doubling::new);
        rig.bind();
        assertEquals(4, rig.offered(Doubler.class).doubled(2));
    }

    @Test
    void throwingStopEndsTheFunctionAllTheSame() {
        version.set(device -> new Doubling(device) {
            @Override
            public void stop() {
                assertEquals(0, bar.read64(CommandModel.SCRATCH), "the hardware still works");
                throw new VfioException(Errno.EIO, "no");
            }
        });
        Doubling owner = bound();
        refused(Errno.EIO, rig::unbind);
        assertTrue(owner.calls.contains("remove"));
        refused(Errno.ENODEV, () -> owner.device.bar(0));
        rig.bind();
        assertEquals(4, rig.offered(Doubler.class).doubled(2));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "line\nbreak", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"})
    void memoryHasAName(String name) {
        VfioPciDevice device = owned();
        refused(Errno.EINVAL, () -> device.dma(name, 4096));
        refused(Errno.EINVAL, () -> device.memory(name, 4096));
        refused(Errno.EINVAL, () -> device.dma(null, 4096));
        refused(Errno.EINVAL, () -> device.memory(null, 4096));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE})
    void memoryHasASize(long size) {
        VfioPciDevice device = owned();
        refused(Errno.EINVAL, () -> device.dma("x", size));
        refused(Errno.EINVAL, () -> device.memory("x", size));
    }

    @Test
    void memoryIsBounded() {
        VfioPciDevice device = owned();
        refused(Errno.ENOSPC, () -> device.dma("x", Long.MAX_VALUE));
        refused(Errno.ENOSPC, () -> device.memory("x", Long.MAX_VALUE));
        for (int i = 0; i < 256; i++) {
            device.memory("m" + i, 1);
        }
        refused(Errno.ENOSPC, () -> device.memory("x", 1));
        for (int i = 1; i < 4096; i++) { // and one is the owner's
            device.dma("d" + i, 1);
        }
        refused(Errno.ENOSPC, () -> device.dma("x", 1));
        device.dma("d1", 1).close();
        device.dma("x", 1);
    }

    @Test
    void nameIsOneMemory() {
        VfioPciDevice device = owned();
        DmaMemory memory = device.dma("x", 5000);
        assertSame(memory, device.dma("x", 5000));
        assertEquals(8192, memory.size());
        refused(Errno.EINVAL, () -> device.dma("x", 8192));
        SharedMemory region = device.memory("x", 5000);
        assertSame(region, device.memory("x", 5000));
        refused(Errno.EINVAL, () -> device.memory("x", 4999));
        memory.view().write32(0, 7);
        memory.close();
        memory.close();
        assertEquals(-1, memory.view().read32(0));
        DmaMemory again = device.dma("x", 4096);
        assertEquals(0, again.view().read32(0));
        memory.close();
        assertSame(again, device.dma("x", 4096));
    }

    @Test
    void deviceReachesNoMemoryThatIsClosed() {
        Doubling owner = bound();
        assertEquals(2, rig.offered(Doubler.class).doubled(1));
        long interrupts = owner.interrupts.get();
        owner.memory.close();
        owner.bar.write32(CommandModel.DOORBELL, 1);
        rig.raise(1);
        assertTrue(Doubling.comes(() -> owner.messages.get(1).take() == 1));
        assertEquals(interrupts, owner.interrupts.get());
    }

    @Test
    void messagesAreSetUpOnceAndAgain() {
        version.set(device -> new Doubling(device) {
            @Override
            public void start() {
            }
        });
        VfioPciDevice device = owned();
        refused(Errno.EINVAL, () -> device.msix(0));
        refused(Errno.EINVAL, () -> device.msix(5));
        List<Interrupt> two = device.msix(2);
        refused(Errno.EBUSY, () -> device.msix(2));
        refused(Errno.EINVAL, two.get(0)::mask);
        rig.raise(1);
        assertEquals(1, two.get(1).take());
        two.get(0).close();
        refused(Errno.EBUSY, () -> device.msix(4));
        two.get(1).close();
        List<Interrupt> four = device.msix(4);
        rig.raise(3);
        assertEquals(1, four.get(3).take());
        refused(Errno.EINVAL, () -> device.bar(6));
        refused(Errno.EINVAL, () -> device.bar(1));
    }

    @Test
    void waiterHearsOfTheEndOfItsOwner() throws Exception {
        Doubling owner = bound();
        AtomicReference<VfioException> heard = new AtomicReference<>();
        Thread waiter = new Thread(() -> heard.set(assertThrows(VfioException.class,
                () -> owner.messages.get(1).await(Duration.ofSeconds(30)))));
        waiter.start();
        rig.unbind();
        waiter.join();
        assertEquals(Errno.ENODEV, heard.get().errno());
    }

    @Test
    void offerIsChecked() {
        VfioPciDevice device = owned();
        Runnable service = () -> { };
        refused(Errno.EINVAL, () -> device.offer(null, service, Map.of()));
        refused(Errno.EINVAL, () -> device.offer(Runnable.class, null, Map.of()));
        refused(Errno.EINVAL, () -> device.offer(Runnable.class, service, null));
        refused(Errno.EINVAL, () -> device.offer(String.class, "no interface", Map.of()));
        refused(Errno.EINVAL, () -> device.offer(Version.class, VfioPciOperations::new, Map.of()));
        refused(Errno.EINVAL, () -> device.offer(Runnable.class, service, Map.of("", 1)));
        refused(Errno.EINVAL, () -> device.offer(Runnable.class, service, Collections.singletonMap("x", null)));
        refused(Errno.EINVAL, () -> device.offer(Runnable.class, service, Map.of("x", rig)));
        refused(Errno.EEXIST, () -> device.offer(Doubler.class, number -> 0, Map.of()));
        device.offer(Runnable.class, service, Map.of("x", new String[] {"y"}));
        rig.offered(Runnable.class).run();
        assertNotSame(service, rig.offered(Runnable.class));
    }

    @Test
    void exceptionsOfAServiceReachItsConsumer() {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        VfioPciDevice device = owned();
        @SuppressWarnings("unchecked")
        Class<Callable<Object>> api = (Class<Callable<Object>>) (Class<?>) Callable.class;
        device.offer(api, () -> {
            if (thrown.get() instanceof Exception e) {
                throw e;
            }
            throw (Error) thrown.get();
        }, Map.of());
        Callable<Object> service = rig.offered(api);
        for (Throwable each : List.of(new IOException("x"), new IllegalStateException("x", new IOException()),
                new StackOverflowError(), new VfioException(Errno.ENXIO, "x"))) {
            thrown.set(each);
            assertSame(each, assertThrows(Throwable.class, service::call));
        }
        for (Throwable each : List.of(new OfTheDriver(), new IOException("x", new OfTheDriver()),
                new VfioException(Errno.EIO, "x", new OfTheDriver()))) {
            thrown.set(each);
            VfioException text = assertThrows(VfioException.class, service::call);
            assertEquals(Errno.EIO, text.errno());
            assertEquals(null, text.getCause());
        }
    }

    /** Callable is the JDK's, so this class is not of the API's loader. */
    private static final class OfTheDriver extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @Test
    void answersOfAServiceAreValues() throws Exception {
        AtomicReference<Object> answer = new AtomicReference<>("text");
        VfioPciDevice device = owned();
        @SuppressWarnings("unchecked")
        Class<Callable<Object>> api = (Class<Callable<Object>>) (Class<?>) Callable.class;
        device.offer(api, answer::get, Map.of());
        Callable<Object> service = rig.offered(api);
        assertEquals("text", service.call());
        answer.set(new OfTheDriver());
        refused(Errno.EIO, () -> {
            try {
                service.call();
            } catch (VfioException e) {
                throw e;
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        assertEquals(service, service);
        assertEquals(service.hashCode(), service.hashCode());
    }

    /** A vendor's region of named memory. */
    private static final class WithMemory extends VfioPciOperations {
        private final long size;

        WithMemory(VfioPciDevice device, long size) {
            super(device);
            this.size = size;
        }

        @Override
        protected void openDevice(Opening opening) {
            opening.addRegion(VfioPciDevice.PCI_VENDOR_TYPE | 0x1234, 1, new MemoryRegion(device().memory("shared", size)));
        }

        @Override
        public DriverState handOver(int number) {
            return DriverState.of(number);
        }
    }

    @Test
    void usersOfNamedMemoryKeepItOverAnExchange() {
        version.set(device -> new WithMemory(device, 4096));
        rig.bind();
        VfioPciDevice device = rig.binding().device();
        refused(Errno.ENODEV, () -> device.memory("shared", 4096));
        DeviceHandle handle = rig.open();
        Mapping mapping = handle.region(9).map(0, 4096);
        mapping.write32(0, 7);
        SharedMemory before = device.memory("shared", 4096);
        rig.exchange();
        assertSame(before, rig.binding().device().memory("shared", 4096));
        assertEquals(7, mapping.read32(0));
        mapping.write32(4, 8);
        assertEquals(8, handle.region(9).read32(4));
        handle.close();
        refused(Errno.ENODEV, () -> rig.binding().device().memory("shared", 4096));
        try (DeviceHandle again = rig.open()) {
            assertEquals(0, again.region(9).read32(0), "new at each open");
        }
    }

    @Test
    void versionWithOtherNamedMemoryIsRefused() {
        version.set(device -> new WithMemory(device, 4096));
        rig.bind();
        try (DeviceHandle handle = rig.open()) {
            version.set(device -> new WithMemory(device, 8192));
            refused(Errno.EINVAL, rig::exchange);
            handle.region(9).write32(0, 3);
            assertEquals(3, handle.region(9).read32(0));
        }
    }
}
