// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.DeviceHandle;
import vfio.core.DeviceInfo;
import vfio.core.DeviceSet;
import vfio.core.DriverWorker;
import vfio.core.Errno;
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
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.RawHardware.Quirks;
import vfio.pci.core.internal.sriov.VfToken;
import vfio.pci.core.internal.vga.VgaArbiter;

class RawFunctionTest {
    private static final int READ_WRITE = RegionInfo.READ | RegionInfo.WRITE;

    private TestFunction function = new TestFunction();
    private FunctionSettings settings = FunctionSettings.DEFAULT;
    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final AtomicInteger idleResets = new AtomicInteger();
    private VfioPciOperations operations;
    private VfioPciDevice device;
    private VfioDevice vfio;

    private final class Alone implements Neighbourhood {
        private final VgaArbiter arbiter = new VgaArbiter();

        @Override
        public boolean aloneOnBus() {
            return true;
        }

        @Override
        public void resetIfIdle() {
            idleResets.incrementAndGet();
        }

        @Override
        public Optional<VfToken> token() {
            return Optional.empty();
        }

        @Override
        public Optional<VfToken> physicalToken() {
            return Optional.empty();
        }

        @Override
        public VgaArbiter vga() {
            return arbiter;
        }

        @Override
        public int highestBus() {
            return 1;
        }
    }

    /** A driver that overrides nothing. */
    private static final class Plain extends VfioPciOperations {
        private Plain(VfioPciDevice device) {
            super(device);
        }
    }

    private RawFunction backend;

    private void bind() {
        backend = new RawFunction(function, settings, new Alone());
        device = new VfioPciDevice(function, "acme", backend);
        operations = operations == null ? new Plain(device) : operations;
        vfio = new VfioDevice("test/0000:01:00.0", new DeviceSet.Registry(), "set", operations, worker, Duration.ofSeconds(30),
                () -> { });
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
    void infoTellsWhetherResetWorks() {
        DeviceHandle handle = open();
        assertEquals(new DeviceInfo(DeviceInfo.PCI | DeviceInfo.RESET, 9, 5, List.of()), handle.info());
        handle.reset();
        assertEquals(2, function.resets());
    }

    @Test
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
        backend = new RawFunction(function, settings, new Alone());
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
    void regionsAreAsTheFunctionHasThem(int index, int flags, long size) {
        RegionInfo info = open().regionInfo(index);
        assertEquals(flags, info.flags());
        assertEquals(size, info.size());
        assertEquals((long) index << 40, info.offset());
    }

    @Test
    void barOfTheMsixTableTellsThatItCanBeMapped() {
        assertEquals(List.of(RegionInfo.CAP_MSIX_MAPPABLE),
                open().regionInfo(2).capabilities().stream().map(InfoCapability::id).toList());
    }

    @ParameterizedTest
    @CsvSource({"8", "9", "-1", "2147483647"})
    void otherRegionsAreEinval(int index) {
        DeviceHandle handle = open();
        assertEquals(Errno.EINVAL, errno(() -> handle.regionInfo(index)));
        assertEquals(Errno.EINVAL, errno(() -> handle.region(index)));
    }

    @Test
    void emptyRegionsCanNeitherBeReadNorMapped() {
        DeviceHandle handle = open();
        assertEquals(Errno.EINVAL, errno(() -> handle.region(1).read32(0)));
        assertEquals(Errno.EINVAL, errno(() -> handle.region(1).write32(0, 0)));
        for (int index : new int[] {1, 4, 6, 7}) {
            assertEquals(Errno.EINVAL, errno(() -> handle.region(index).map(0, 32)));
        }
    }

    @Test
    void romReadsOnesBehindItsImageAndIsNeverWritten() {
        Region rom = open().region(6);
        assertEquals(0x1234aa55, rom.read32(0));
        assertEquals(0xffff0000, rom.read32(98));
        assertEquals(-1, rom.read32(0xfffc));
        assertEquals(Errno.EINVAL, errno(() -> rom.write32(0, 0)));
    }

    @Test
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
    void memoryIsAwayInD3hot() {
        DeviceHandle handle = open();
        Region config = handle.region(7);
        config.write16(function.pm + 4, (short) 3);
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
    void vgaRegionIsOfVgaCardsAlone() {
        function = new TestFunction(0x030000);
        function.vga = new MemoryRegion(TestFunction.memory(0xc0000));
        DeviceHandle handle = open();
        Region vga = handle.region(8);
        assertEquals(new RegionInfo(8, READ_WRITE, 0xc0000, 8L << 40, List.of()), vga.info());
        vga.write8(0xa0000, (byte) 1);
        vga.write8(0x3c0, (byte) 2);
        assertEquals(1, vga.read8(0xa0000));
        assertEquals(2, vga.read8(0x3c0));
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
    void vendorAddsRegionsReplacesOperationsAndClaimsConfig() {
        backend = new RawFunction(function, settings, new Alone());
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
}
