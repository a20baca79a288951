// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.DeviceHandle;
import vfio.core.DeviceInfo;
import vfio.core.DeviceSet;
import vfio.core.DriverWorker;
import vfio.core.Errno;
import vfio.core.EventCounter;
import vfio.core.EventSignal;
import vfio.core.InfoCapability;
import vfio.core.IrqRequest;
import vfio.core.Mapping;
import vfio.core.MemoryRegion;
import vfio.core.Region;
import vfio.core.RegionInfo;
import vfio.core.RegionOperations;
import vfio.core.VfioDevice;
import vfio.core.VfioException;
import vfio.core.VfioUser;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.pci.core.ResetMethod;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.RawHardware.Quirks;
import vfio.pci.core.internal.power.PowerState;
import vfio.pci.core.internal.reset.FunctionResets;

class RawFunctionTest {
    private static final int READ_WRITE = RegionInfo.READ | RegionInfo.WRITE;

    private TestFunction function = new TestFunction();
    private FunctionSettings settings = FunctionSettings.DEFAULT;
    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final AtomicInteger idleResets = new AtomicInteger();
    private VfioPciOperations operations;
    private VfioPciDevice device;
    private VfioDevice vfio;

    /** A driver that overrides nothing. */
    private static final class Plain extends VfioPciOperations {
        private Plain(VfioPciDevice device) {
            super(device);
        }
    }

    private RawFunction backend;

    private void bind() {
        backend = new RawFunction(function, settings, new TestNeighbourhood(function, idleResets::incrementAndGet));
        device = new VfioPciDevice(function, "acme", backend);
        operations = operations == null ? new Plain(device) : operations;
        vfio = new VfioDevice("test/0000:01:00.0", new DeviceSet.Registry(), "set", operations, worker,
                Duration.ofSeconds(30), () -> { });
        backend.register(vfio, operations::resetFunction);
    }

    private DeviceHandle open() {
        bind();
        return vfio.open(VfioUser.named("user"));
    }

    @AfterEach
    void end() {
        worker.close();
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    @Test
    void functionSleepsUnlessItIsOpen() {
        bind();
        assertEquals(3, function.powerState());
        DeviceHandle handle = vfio.open(VfioUser.named("user"));
        assertEquals(0, function.powerState());
        handle.close();
        assertEquals(3, function.powerState());
    }

    @Test
    void idleFunctionStaysAwakeWhereSleepIsSwitchedOff() {
        settings = new FunctionSettings(false, false, true, false);
        DeviceHandle handle = open();
        handle.close();
        assertEquals(0, function.powerState());
    }

    @Test
    void openResetsStopsDmaAndDecodes() {
        function.config.u16(4, 0x0404);
        open();
        assertEquals(1, function.resets());
        assertEquals(3, function.command(), "memory and ports, no bus master, INTx allowed");
    }

    @Test
    void closeLeavesTheFunctionDumb() {
        DeviceHandle handle = open();
        handle.region(7).write16(4, (short) 7);
        assertEquals(7, function.command());
        handle.close();
        assertEquals(0x0400, function.command());
        assertEquals(2, function.resets());
        assertEquals(1, idleResets.get());
        assertNull(function.listener);
    }

    @Test
    @Tag("C2-1")
    @Tag("C2-2")
    @Tag("C2-4")
    @Tag("C2-6")
    @Tag("C7-6")
    void infoTellsWhetherResetWorks() {
        DeviceHandle handle = open();
        assertEquals(new DeviceInfo(DeviceInfo.PCI | DeviceInfo.RESET, 9, 5, List.of()), handle.info());
        handle.reset();
        assertEquals(2, function.resets());
    }

    @Test
    @Tag("C2-3")
    @Tag("C7-5")
    void functionWithoutAResetIsUsedButNotReset() {
        function.config.u32(function.express + 4, 0).u16(function.pm + 4, 8);
        DeviceHandle handle = open();
        assertEquals(DeviceInfo.PCI, handle.info().flags());
        assertEquals(Errno.EINVAL, errno(handle::reset));
    }

    @Test
    void methodsAreTriedInOrderAndDeviceSpecificIsFirst() {
        function.quirks = new Quirks(false, false, true, true);
        open();
        assertEquals(1, function.deviceResets);
        assertEquals(0, function.resets());
    }

    @Test
    @Tag("C7-2")
    void methodThatIsNotThereAfterAllFallsToTheNext() {
        function.quirks = new Quirks(false, false, true, true);
        function.onDeviceReset = () -> {
            throw new VfioException(Errno.ENOTTY, "not this one");
        };
        open();
        assertEquals(1, function.resets());
    }

    @Test
    void resetThatFailsLeavesTheDeviceUsableWithoutReset() {
        function.quirks = new Quirks(false, false, true, true);
        function.onDeviceReset = () -> {
            throw new VfioException(Errno.EIO, "no");
        };
        assertEquals(DeviceInfo.PCI, open().info().flags());
        assertEquals(0, function.resets());
    }

    @Test
    void resetThatIsLockedRefusesTheOpen() {
        function.quirks = new Quirks(false, false, true, true);
        function.onDeviceReset = () -> {
            throw new VfioException(Errno.EAGAIN, "locked");
        };
        assertEquals(Errno.EAGAIN, errno(this::open));
        assertEquals(3, function.powerState());
        assertEquals(0x0400, function.command());
    }

    @Test
    void driversOwnResetComesBeforeAllOthers() {
        AtomicInteger own = new AtomicInteger();
        backend = new RawFunction(function, settings, new TestNeighbourhood(function, idleResets::incrementAndGet));
        device = new VfioPciDevice(function, "acme", backend);
        operations = new VfioPciOperations(device) {
            @Override
            public boolean resetFunction() {
                own.incrementAndGet();
                return true;
            }
        };
        vfio = new VfioDevice("x", new DeviceSet.Registry(), "set", operations, worker, Duration.ofSeconds(30), () -> { });
        backend.register(vfio, operations::resetFunction);
        vfio.open(VfioUser.named("user")).reset();
        assertEquals(2, own.get());
        assertEquals(0, function.resets());
    }

    /** Index, flags, size. */
    @ParameterizedTest
    @CsvSource({"0,7,8192", "1,0,0", "2,15,4096", "3,0,0", "4,3,32", "5,0,0", "6,1,65536", "7,3,4096"})
    @Tag("C3-2")
    @Tag("C3-3")
    @Tag("C3-4")
    @Tag("C3-8")
    @Tag("C3-17")
    void regionsAreAsTheFunctionHasThem(int index, int flags, long size) {
        RegionInfo info = open().regionInfo(index);
        assertEquals(flags, info.flags());
        assertEquals(size, info.size());
        assertEquals((long) index << 40, info.offset());
    }

    @Test
    @Tag("C3-7")
    @Tag("C3-25")
    void barOfTheMsixTableTellsThatItCanBeMapped() {
        assertEquals(List.of(RegionInfo.CAP_MSIX_MAPPABLE),
                open().regionInfo(2).capabilities().stream().map(InfoCapability::id).toList());
    }

    @ParameterizedTest
    @CsvSource({"8", "9", "-1", "2147483647"})
    @Tag("C3-13")
    @Tag("C3-16")
    @Tag("C4-1")
    void otherRegionsAreEinval(int index) {
        DeviceHandle handle = open();
        assertEquals(Errno.EINVAL, errno(() -> handle.regionInfo(index)));
        assertEquals(Errno.EINVAL, errno(() -> handle.region(index)));
    }

    @Test
    @Tag("C4-34")
    @Tag("C4-35")
    void emptyRegionsCanNeitherBeReadNorMapped() {
        DeviceHandle handle = open();
        assertEquals(Errno.EINVAL, errno(() -> handle.region(1).read32(0)));
        assertEquals(Errno.EINVAL, errno(() -> handle.region(1).write32(0, 0)));
        for (int index : new int[] {1, 4, 6, 7}) {
            assertEquals(Errno.EINVAL, errno(() -> handle.region(index).map(0, 32)));
        }
    }

    @Test
    @Tag("C4-8")
    @Tag("C4-9")
    @Tag("C4-10")
    @Tag("C4-11")
    void romReadsOnesBehindItsImageAndIsNeverWritten() {
        Region rom = open().region(6);
        assertEquals(0x1234aa55, rom.read32(0));
        assertEquals(0xffff0000, rom.read32(98));
        assertEquals(-1, rom.read32(0xfffc));
        assertEquals(Errno.EINVAL, errno(() -> rom.read8(0x10000)));
        assertEquals(2, rom.read(0xfffe, ByteBuffer.allocate(8)));
        assertEquals(Errno.EINVAL, errno(() -> rom.write32(0, 0)));
    }

    @Test
    @Tag("C4-18")
    @Tag("C4-19")
    void msixTableReadsOnesAndIsNotWritten() {
        DeviceHandle handle = open();
        Region bar = handle.region(2);
        bar.write32(0x7fc, 1);
        bar.write32(0x800, 1);
        bar.write32(0x83c, 1);
        bar.write32(0x840, 1);
        assertEquals(1, bar.read32(0x7fc));
        assertEquals(-1, bar.read32(0x800));
        assertEquals(-1, bar.read32(0x83c));
        assertEquals(1, bar.read32(0x840));
        assertEquals(0, function.barMemory(2).window(0).getInt(0x800));
    }

    @Test
    void configurationSpaceRefusesWhatDoesNotFit() {
        Region config = open().region(7);
        assertEquals(0x101e15b3, config.read32(0));
        assertEquals(Errno.EFAULT, errno(() -> config.read(4090, ByteBuffer.allocate(10))));
        assertEquals(Errno.EFAULT, errno(() -> config.read8(4096)));
        assertEquals(10, config.read(3, ByteBuffer.allocate(10)));
    }

    @Test
    @Tag("C4-21")
    @Tag("C4-23")
    @Tag("C4-24")
    @Tag("C4-32")
    @Tag("C4-41")
    @Tag("C4-43")
    void memoryThatIsDisabledAnswersEioAndOnesAndPortsGoOn() {
        DeviceHandle handle = open();
        Region bar = handle.region(0);
        Mapping mapping = handle.map(0);
        bar.write32(16, 0x5555);
        handle.region(7).write16(4, (short) 1);
        assertEquals(Errno.EIO, errno(() -> bar.read32(16)));
        assertEquals(Errno.EIO, errno(() -> handle.region(2).write32(0, 1)));
        assertEquals(Errno.EIO, errno(() -> handle.region(6).read32(0)));
        assertEquals(-1, mapping.read32(16));
        assertEquals(-1, handle.map(0).read32(16));
        handle.region(4).write32(0, 9);
        assertEquals(9, handle.region(4).read32(0));
        handle.region(7).write16(4, (short) 3);
        assertEquals(0x5555, bar.read32(16));
        assertEquals(0x5555, mapping.read32(16));
    }

    @Test
    @Tag("C4-22")
    @Tag("C4-44")
    void memoryIsAwayInD3hot() {
        DeviceHandle handle = open();
        Mapping mapping = handle.map(0);
        Region config = handle.region(7);
        config.write16(function.pm + 4, (short) 3);
        assertEquals(-1, mapping.read32(0));
        assertEquals(3, function.powerState());
        assertEquals(Errno.EIO, errno(() -> handle.region(0).read32(0)));
        config.write16(4, (short) 3);
        assertEquals(Errno.EIO, errno(() -> handle.region(0).read32(0)), "memory enable does not wake it");
        config.write16(function.pm + 4, (short) 0);
        assertEquals(0, handle.region(0).read32(0));
    }

    @Test
    void addressesSurviveSleepThatLosesThem() {
        DeviceHandle handle = open();
        handle.region(7).write16(function.pm + 4, (short) 3);
        function.config.u32(0x10, 0xc);
        handle.region(7).write16(function.pm + 4, (short) 0);
        assertEquals(0xe000000c, function.config.get(0x10, 4));
    }

    @Test
    @Tag("C4-45")
    void resetByARegisterTakesMemoryAndGivesItBack() {
        DeviceHandle handle = open();
        Mapping mapping = handle.map(0);
        handle.region(7).write16(function.express + 8, (short) 0x8000);
        assertEquals(2, function.resets());
        assertEquals(0, mapping.read32(0));
        assertEquals(3, function.command() & 7);
    }

    @Test
    void resetPutsBackWhatTheUserHadSet() {
        DeviceHandle handle = open();
        handle.region(7).write16(4, (short) 7);
        handle.region(7).write8(0x0c, (byte) 0x20);
        handle.reset();
        assertEquals(7, function.command());
        assertEquals(0x20, function.config.get(0x0c, 1));
    }

    @Test
    @Tag("C5-11")
    @Tag("C5-13")
    void interruptsReachTheirSignals() {
        AtomicInteger fired = new AtomicInteger();
        DeviceHandle handle = open();
        assertEquals(4, handle.irqInfo(2).count());
        assertEquals(8, handle.irqInfo(1).count());
        assertEquals(0, handle.setIrqs(IrqRequest.trigger(2, 0, EventSignal.calling(fired::incrementAndGet))));
        function.lines.raise(0);
        assertEquals(1, fired.get());
        assertEquals(Errno.EINVAL, errno(() -> handle.setIrqs(IrqRequest.trigger(2, 4, EventSignal.calling(() -> { })))));
        handle.close();
        function.lines.raise(0);
        assertEquals(1, fired.get());
        assertEquals(Errno.ENODEV, errno(() -> handle.setIrqs(IrqRequest.disable(2))));
    }

    @Test
    @Tag("C5-9")
    void quirkHidesIntx() {
        function.quirks = new Quirks(true, false, true, false);
        DeviceHandle handle = open();
        assertEquals(0, handle.irqInfo(0).count());
        assertEquals(0, handle.region(7).read8(0x3d));
        assertEquals(Errno.EINVAL, errno(() -> handle.setIrqs(IrqRequest.trigger(0, 0, EventSignal.calling(() -> { })))));
    }

    @Test
    void requestAndErrorsAreSignalled() {
        AtomicInteger errors = new AtomicInteger();
        AtomicInteger requests = new AtomicInteger();
        DeviceHandle handle = open();
        handle.setIrqs(IrqRequest.trigger(3, 0, EventSignal.calling(errors::incrementAndGet)));
        handle.setIrqs(IrqRequest.trigger(4, 0, EventSignal.calling(requests::incrementAndGet)));
        function.listener.errorDetected();
        operations.request(0);
        assertEquals(1, errors.get());
        assertEquals(1, requests.get());
    }

    @Test
    @Tag("C3-12")
    @Tag("C4-25")
    @Tag("C4-26")
    @Tag("C4-27")
    @Tag("C4-28")
    void vgaRegionIsOfVgaCardsAlone() {
        function = new TestFunction(0x030000);
        function.vga = new MemoryRegion(TestFunction.memory(0xc0000));
        DeviceHandle handle = open();
        Region vga = handle.region(8);
        assertEquals(new RegionInfo(8, READ_WRITE, 0xc0000, 8L << 40, List.of()), vga.info());
        vga.write8(0xa0000, (byte) 1);
        vga.write8(0x3c0, (byte) 2);
        vga.write8(0x3b4, (byte) 3);
        assertEquals(1, vga.read8(0xa0000));
        assertEquals(2, vga.read8(0x3c0));
        assertEquals(3, vga.read8(0x3b4));
        for (long position : new long[] {0, 0x3af, 0x3bc, 0x3bf, 0x3e0, 0x9ffff}) {
            assertEquals(Errno.EINVAL, errno(() -> vga.read8(position)));
        }
    }

    @Test
    void vgaCanBeSwitchedOff() {
        function = new TestFunction(0x030000);
        function.vga = new MemoryRegion(TestFunction.memory(0xc0000));
        settings = new FunctionSettings(false, true, false, false);
        DeviceHandle handle = open();
        assertEquals(Errno.EINVAL, errno(() -> handle.regionInfo(8)));
    }

    /** What a vendor adds and wraps. */
    private final class Vendor extends VfioPciOperations {
        private Vendor(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void openDevice() {
            super.openDevice();
            assertEquals(9, device().addRegion(VfioPciDevice.PCI_VENDOR_TYPE | 0x8086, 1, opRegion()));
            device().claimConfig(0xfc, (byte) 1, (byte) 2, (byte) 3, (byte) 4);
        }

        @Override
        public RegionOperations region(int index) {
            RegionOperations core = super.region(index);
            return index != 0 ? core : new RegionOperations() {
                @Override
                public long size() {
                    return core.size() / 2;
                }

                @Override
                public long read(long position, int width) {
                    return position == 0 ? 0x4711 : core.read(position, width);
                }

                @Override
                public void write(long position, int width, long value) {
                    core.write(position, width, value);
                }
            };
        }

        @Override
        public int offsetShift() {
            return 48;
        }

        @Override
        protected List<InfoCapability> infoCapabilities() {
            return List.of(new InfoCapability(1, 2, new byte[40]));
        }
    }

    private static RegionOperations opRegion() {
        return new RegionOperations() {
            @Override
            public long size() {
                return 8192;
            }

            @Override
            public int flags() {
                return RegionInfo.READ;
            }

            @Override
            public long read(long position, int width) {
                return 0x77;
            }

            @Override
            public void write(long position, int width, long value) {
                throw new AssertionError();
            }
        };
    }

    @Test
    @Tag("C2-5")
    @Tag("C3-14")
    @Tag("C3-15")
    @Tag("C3-19")
    @Tag("C3-20")
    @Tag("C3-24")
    @Tag("C3-28")
    @Tag("C4-31")
    @Tag("C4-38")
    void vendorAddsRegionsReplacesOperationsAndClaimsConfig() {
        backend = new RawFunction(function, settings, new TestNeighbourhood(function, idleResets::incrementAndGet));
        device = new VfioPciDevice(function, "acme", backend);
        operations = new Vendor(device);
        vfio = new VfioDevice("x", new DeviceSet.Registry(), "set", operations, worker, Duration.ofSeconds(30), () -> { });
        backend.register(vfio, operations::resetFunction);
        DeviceHandle handle = vfio.open(VfioUser.named("user"));
        assertEquals(10, handle.info().regions());
        assertTrue((handle.info().flags() & DeviceInfo.CAPS) != 0);
        RegionInfo added = handle.regionInfo(9);
        assertEquals(9L << 48, added.offset());
        assertEquals(RegionInfo.CAP_TYPE, added.capabilities().get(0).id());
        assertEquals(0x80008086, added.capabilities().get(0).payload().getInt(0));
        assertEquals(1, added.capabilities().get(0).payload().getInt(4));
        assertEquals(0x77, handle.region(9).read8(5));
        assertEquals(Errno.EINVAL, errno(() -> handle.region(9).write8(0, (byte) 0)));
        assertEquals(Errno.EINVAL, errno(() -> handle.map(9)));
        assertEquals(4096, handle.regionInfo(0).size());
        assertEquals(0x4711, handle.region(0).read32(0));
        handle.region(0).write32(4, 5);
        assertEquals(5, handle.region(0).read32(4));
        assertEquals(0x04030201, handle.region(7).read32(0xfc));
        handle.close();
        assertEquals(10, vfio.open(VfioUser.named("again")).info().regions());
    }

    @Test
    void unboundFunctionIsAwake() {
        bind();
        backend.unregister();
        assertEquals(0, function.powerState());
    }

    /** LOW_POWER_ENTRY, or with a signal LOW_POWER_ENTRY_WITH_WAKEUP. */
    private static void sleep(DeviceHandle handle, EventSignal wakeUp) {
        int feature = wakeUp == null ? Features.LOW_POWER_ENTRY : Features.LOW_POWER_ENTRY_WITH_WAKEUP;
        handle.feature(new FeatureRequest(16, FeatureRequest.SET | feature, ByteBuffer.allocate(8), wakeUp));
    }

    private static void stayAwake(DeviceHandle handle) {
        handle.feature(new FeatureRequest(8, FeatureRequest.SET | Features.LOW_POWER_EXIT, ByteBuffer.allocate(0), null));
    }

    @Test
    @Tag("C8-29")
    @Tag("C8-30")
    @Tag("C8-32")
    @Tag("C8-33")
    void functionThatSleepsForItsUserWakesAtAnAccess() {
        DeviceHandle handle = open();
        Mapping mapping = handle.map(0);
        sleep(handle, null);
        assertEquals(3, function.powerState());
        assertEquals(Errno.EINVAL, errno(() -> sleep(handle, null)));
        assertEquals(-1, mapping.read32(0));
        assertEquals(0, handle.region(0).read32(0));
        assertEquals(0, function.powerState());
        assertEquals(-1, mapping.read32(0), "mappings stay away until the user ends it");
        assertEquals(Errno.EINVAL, errno(() -> sleep(handle, null)));
        stayAwake(handle);
        assertEquals(0, mapping.read32(0));
        stayAwake(handle);
        sleep(handle, null);
    }

    @Test
    void configurationAccessWakesToo() {
        DeviceHandle handle = open();
        sleep(handle, null);
        handle.region(7).read32(0);
        assertEquals(0, function.powerState());
    }

    @Test
    @Tag("C8-35")
    void wakeUpIsSignalledAndEndsLowPower() {
        AtomicInteger woken = new AtomicInteger();
        DeviceHandle handle = open();
        Mapping mapping = handle.map(0);
        sleep(handle, EventSignal.calling(woken::incrementAndGet));
        function.listener.wakeUp();
        assertEquals(1, woken.get());
        assertEquals(0, function.powerState());
        assertEquals(0, mapping.read32(0));
        sleep(handle, EventSignal.calling(woken::incrementAndGet));
        stayAwake(handle);
        assertEquals(1, woken.get(), "who ends it himself is not told");
    }

    @Test
    @Tag("C8-34")
    void interruptLineIsMaskedWhileAsleepAndFiresAfter() {
        AtomicInteger fired = new AtomicInteger();
        DeviceHandle handle = open();
        handle.setIrqs(IrqRequest.trigger(0, 0, EventSignal.calling(fired::incrementAndGet)));
        sleep(handle, null);
        function.config.u16(6, 0x18);
        function.lines.line(true);
        assertEquals(0, fired.get());
        stayAwake(handle);
        assertEquals(1, fired.get());
    }

    @Test
    void closeEndsLowPower() {
        DeviceHandle handle = open();
        sleep(handle, null);
        handle.close();
        sleep(vfio.open(VfioUser.named("next")), null);
    }

    @Test
    @Tag("C4-48")
    @Tag("C4-54")
    @Tag("C4-55")
    @Tag("C4-56")
    @Tag("C4-58")
    void registerIsWrittenAtEachSignal() {
        DeviceHandle handle = open();
        for (int width : new int[] {1, 2, 4, 8}) {
            EventCounter signal = new EventCounter();
            long value = 0x1122334455667788L & -1L >>> 64 - 8 * width;
            handle.ioEvent(0, 64, width, value, signal);
            assertEquals(Errno.EEXIST, errno(() -> handle.ioEvent(0, 64, width, value, new EventCounter())));
            signal.signal();
            assertEquals(value, handle.region(0).read64(64));
            handle.region(0).write64(64, 0);
            handle.ioEvent(0, 64, width, value, null);
            signal.signal();
            assertEquals(0, handle.region(0).read64(64));
            assertEquals(Errno.ENODEV, errno(() -> handle.ioEvent(0, 64, width, value, null)));
        }
        EventCounter last = new EventCounter();
        handle.ioEvent(0, 64, 4, 7, last);
        handle.close();
        last.signal();
        assertEquals(0, vfio.open(VfioUser.named("next")).region(0).read64(64));
    }

    /** Region, offset, width. */
    @ParameterizedTest
    @CsvSource({"6,0,4", "7,0,4", "8,0,4", "9,0,4", "-1,0,4", "0,0,0", "0,0,3", "0,0,16", "0,8192,1", "0,8188,8", "0,-4,4",
            "0,2,4", "0,1,2", "2,2048,4", "2,2104,8", "4,0,8", "1,0,4"})
    @Tag("C4-46")
    @Tag("C4-47")
    @Tag("C4-49")
    @Tag("C4-51")
    @Tag("C4-52")
    @Tag("C4-53")
    void placesThatCannotBeWrittenAtASignalAreEinval(int region, long offset, int width) {
        DeviceHandle handle = open();
        assertEquals(Errno.EINVAL, errno(() -> handle.ioEvent(region, offset, width, 1, new EventCounter())));
    }

    @Test
    @Tag("C4-57")
    void thousandSignalsThatWriteAreAllThereCanBe() {
        DeviceHandle handle = open();
        EventCounter signal = new EventCounter();
        for (int value = 0; value < 1000; value++) {
            handle.ioEvent(0, 0, 4, value, signal);
        }
        assertEquals(Errno.ENOSPC, errno(() -> handle.ioEvent(0, 0, 4, 1000, signal)));
    }

    @Test
    void signalWritesNothingWhileMemoryIsDisabled() {
        DeviceHandle handle = open();
        EventCounter signal = new EventCounter();
        handle.ioEvent(0, 0, 4, 7, signal);
        handle.region(7).write16(4, (short) 1);
        signal.signal();
        handle.region(7).write16(4, (short) 3);
        assertEquals(0, handle.region(0).read32(0));
    }
}
