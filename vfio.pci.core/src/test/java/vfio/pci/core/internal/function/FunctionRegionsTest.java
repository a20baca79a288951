// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.EventCounter;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Mapping;
import vfio.core.device.MemoryRegion;
import vfio.core.device.Region;
import vfio.core.device.RegionOperations;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.core.info.InfoCapability;
import vfio.core.info.RegionInfo;
import vfio.core.info.RegionType;
import vfio.pci.core.Opening;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;
import vfio.pci.core.bus.RawHardware.Quirks;
import vfio.pci.core.fake.FakeCard;
import vfio.pci.core.id.PciAddress;

class FunctionRegionsTest {
    private static final int READ_WRITE = RegionInfo.READ | RegionInfo.WRITE;

    private FakeCard function = new FakeCard();
    private BoundFunction bound = new BoundFunction(function);

    private void use(FakeCard other) {
        bound.close();
        function = other;
        bound = new BoundFunction(function);
    }

    private DeviceHandle open() {
        return bound.open();
    }

    @AfterEach
    void end() {
        bound.close();
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
    }

    private static List<Long> flagsAndSize(RegionInfo info) {
        return List.of((long) info.flags(), info.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {256, 4096})
    @Tag("C3-1")
    void configurationSpaceIsAsLargeAsTheFunctionsOwn(int size) {
        use(new FakeCard(0x020000, size));
        DeviceHandle handle = open();
        assertEquals(List.of((long) READ_WRITE, (long) size), flagsAndSize(handle.regionInfo(7)));
        assertEquals(size, handle.region(7).read(0, ByteBuffer.allocate(size)));
        assertEquals(Errno.EFAULT, errno(() -> handle.region(7).read8(size)));
    }

    @Test
    @Tag("C3-9")
    void shadowOfARomWithoutABarIsRead() {
        function.raw.romSize = 0;
        function.raw.romShadowed = true;
        DeviceHandle handle = open();
        assertEquals(List.of((long) RegionInfo.READ, 0x20000L), flagsAndSize(handle.regionInfo(6)));
        assertEquals(0x1234aa55, handle.region(6).read32(0));
        assertEquals(-1, handle.region(6).read32(0x1fffc));
        assertEquals(Errno.EINVAL, errno(() -> handle.region(6).write8(0, (byte) 0)));
        handle.region(7).write32(0x30, -1);
        assertEquals(0xfffe0001, handle.region(7).read32(0x30), "its BAR is sized, and has no bits of its own");
    }

    @Test
    @Tag("C3-10")
    void functionWithoutRomHasAnEmptyRegion() {
        function.raw.romSize = 0;
        DeviceHandle handle = open();
        assertEquals(List.of(0L, 0L), flagsAndSize(handle.regionInfo(6)));
        assertEquals(Errno.EINVAL, errno(() -> handle.region(6).read8(0)));
        handle.region(7).write32(0x30, -1);
        assertEquals(0, handle.region(7).read32(0x30));
    }

    @Test
    @Tag("C3-11")
    void romThatCannotBeReadHasAnEmptyRegionAndABar() {
        function.raw.rom = null;
        DeviceHandle handle = open();
        assertEquals(List.of(0L, 0L), flagsAndSize(handle.regionInfo(6)));
        assertEquals(Errno.EINVAL, errno(() -> handle.region(6).read8(0)));
        handle.region(7).write32(0x30, -1);
        assertEquals(0xffff0001, handle.region(7).read32(0x30));
    }

    @Test
    @Tag("C4-12")
    void romIsReadInPiecesOfFour() {
        PieceRecorder image = new PieceRecorder(20, 8);
        function.raw.rom = image;
        Region rom = open().region(6);
        assertEquals(0x5566778855667788L, rom.read64(8));
        assertEquals(List.of("r4@8", "r4@c"), image.pieces);
        image.pieces.clear();
        assertEquals(0xffffffff55667788L, rom.read64(16), "its image ends in between");
        assertEquals(List.of("r4@10"), image.pieces);
        assertEquals(8, rom.read(1, ByteBuffer.allocate(8)));
        assertEquals(List.of("r4@10", "r1@1", "r2@2", "r4@4", "r1@8"), image.pieces);
    }

    @Test
    @Tag("C4-16")
    void registersWithoutSixtyFourBitAccessAreReachedInTwoPieces() {
        PieceRecorder narrow = new PieceRecorder(FakeCard.BAR0, 4);
        PieceRecorder ports = new PieceRecorder(32, 8);
        function.raw.registers[0] = narrow;
        function.raw.registers[FakeCard.PORTS] = ports;
        DeviceHandle handle = open();
        assertEquals(0x5566778855667788L, handle.region(0).read64(16));
        handle.region(0).write64(8, 0x99aabbccddeeff00L);
        assertEquals(List.of("r4@10", "r4@14", "w4@8=ddeeff00", "w4@c=99aabbcc"), narrow.pieces);
        handle.region(FakeCard.PORTS).write64(8, 1);
        assertEquals(List.of("w4@8=1", "w4@c=0"), ports.pieces, "no port has 64 bits, whatever is behind it");
    }

    /** Its user lets it sleep, and it never comes back. */
    private DeviceHandle asleepForEver() {
        return asleepForEver(open());
    }

    private DeviceHandle asleepForEver(DeviceHandle handle) {
        handle.feature(new FeatureRequest(8, FeatureRequest.SET | Features.LOW_POWER_ENTRY, ByteBuffer.allocate(0), null));
        assertEquals(3, function.powerState());
        function.image.rw(function.pm + 4, 2, 0);
        return handle;
    }

    /** Memory, ports, ROM, configuration space and VGA. */
    @ParameterizedTest
    @CsvSource({"0,0", "2,16", "4,0", "6,0", "7,0", "8,655360", "9,0"})
    @Tag("C4-3")
    void accessOfAFunctionThatCannotWakeIsEio(int index, long position) {
        use(new FakeCard(0x030000));
        function.raw.vga = new PieceRecorder(0xc0000, 4);
        PieceRecorder added = new PieceRecorder(64, 8);
        bound = new BoundFunction(function, device -> adding(device, added));
        DeviceHandle handle = asleepForEver();
        Region region = handle.region(index);
        assertEquals(Errno.EIO, errno(() -> region.read32(position)));
        if (index != 6) {
            assertEquals(Errno.EIO, errno(() -> region.write32(position, 0)));
        }
        assertEquals(0, region.read(position, ByteBuffer.allocate(0)), "nothing is read of nothing");
        assertEquals(List.of(), added.pieces);
        function.image.rw(function.pm + 4, 2, 3);
        region.read32(position);
        assertEquals(0, function.powerState(), "it is tried again at each access");
    }

    @Test
    void functionThatSleepsGetsNoVectors() {
        DeviceHandle handle = asleepForEver();
        for (int index : new int[] {1, 2}) {
            IrqRequest one = IrqRequest.trigger(index, 0, EventSignal.calling(() -> { }));
            assertEquals(Errno.EINVAL, errno(() -> handle.setIrqs(one)));
        }
        IrqRequest nothing = IrqRequest.of(IrqRequest.ACTION_TRIGGER | IrqRequest.DATA_EVENTFD, 1, 0, 0, new boolean[0],
                new EventSignal[0]);
        assertEquals(Errno.EINVAL, errno(() -> handle.setIrqs(nothing)), "MSI looks at that before it counts");
    }

    @Test
    void functionThatCannotWakeIsClosedAllTheSame() {
        AtomicInteger fired = new AtomicInteger();
        DeviceHandle handle = open();
        handle.setIrqs(IrqRequest.trigger(2, 0, EventSignal.calling(fired::incrementAndGet)));
        handle.close();
        handle = open();
        handle.setIrqs(IrqRequest.trigger(2, 0, EventSignal.calling(fired::incrementAndGet)));
        asleepForEver(handle);
        function.lines.raise(0);
        assertEquals(1, fired.get());
        handle.close();
        function.lines.raise(0);
        assertEquals(1, fired.get(), "its vectors were given back");
        assertNull(function.raw.listener);
        assertEquals(Errno.EIO, errno(this::open));
        function.image.rw(function.pm + 4, 2, 3);
        assertEquals(0, open().region(0).read32(0));
    }

    @Test
    void resetThatIsLockedAtTheCloseLeavesItAsleepAndUntouched() {
        function.raw.quirks = new Quirks(false, false, true, true);
        DeviceHandle handle = open();
        function.raw.onDeviceReset = () -> {
            throw new VfioException(Errno.EAGAIN, "locked");
        };
        handle.close();
        assertEquals(0x0400, function.command());
        assertEquals(3, function.powerState());
        assertNull(function.raw.listener);
    }

    private static VfioPciOperations adding(VfioPciDevice device, RegionOperations region) {
        return new VfioPciOperations(device) {
            @Override
            protected void openDevice(Opening opening) {
                opening.addRegion(1, 1, region);
            }
        };
    }

    /** Registers of memory that have no 64 bits are no ports. */
    @Test
    void signalWritesNoRegisterOfMemoryThatIsDisabled() {
        PieceRecorder narrow = new PieceRecorder(FakeCard.BAR0, 4);
        PieceRecorder ports = new PieceRecorder(32, 8);
        function.raw.registers[0] = narrow;
        function.raw.registers[FakeCard.PORTS] = ports;
        DeviceHandle handle = open();
        EventCounter signal = new EventCounter();
        handle.ioEvent(0, 0, 4, 7, signal);
        handle.ioEvent(FakeCard.PORTS, 0, 4, 8, signal);
        handle.region(7).write16(4, (short) 1);
        signal.signal();
        assertEquals(List.of(), narrow.pieces);
        assertEquals(List.of("w4@0=8"), ports.pieces);
        handle.region(7).write16(4, (short) 3);
        signal.signal();
        assertEquals(List.of("w4@0=7"), narrow.pieces);
    }

    @Test
    @Tag("C3-15")
    void vendorsCapabilitiesComeBehindTheType() {
        InfoCapability own = new InfoCapability(RegionInfo.CAP_NVLINK2_LNKSPD, 1, new byte[] {8, 0, 0, 0});
        bound = new BoundFunction(function, device -> adding(device,
                new MemoryRegion(SharedMemory.ofProcess(4096), List.of(own), 0, 0)));
        assertEquals(List.of(new RegionType(1, 1).capability(), own), open().regionInfo(9).capabilities());
    }

    @Test
    @Tag("C4-39")
    void vendorsMemoryIsMapped() {
        SharedMemory memory = SharedMemory.ofProcess(8192);
        bound = new BoundFunction(function, device -> adding(device, new MemoryRegion(memory)));
        DeviceHandle handle = open();
        assertEquals(READ_WRITE | RegionInfo.MMAP | RegionInfo.CAPS, handle.regionInfo(9).flags());
        Mapping mapping = handle.region(9).map(4096, 4096);
        handle.region(9).write32(4100, 0x600d);
        assertEquals(0x600d, mapping.read32(4));
        handle.region(7).write16(4, (short) 0);
        assertEquals(0x600d, mapping.read32(4), "it is no BAR: memory decoding does not switch it");
        handle.close();
        assertEquals(-1, mapping.read32(4));
    }

    @Test
    @Tag("C5-8")
    void virtualFunctionHasNoIntx() {
        assertEquals(1, open().irqInfo(0).count());
        use(new FakeCard());
        function.physicalFunction = PciAddress.parse("0000:01:00.1");
        DeviceHandle handle = open();
        assertEquals(0, handle.irqInfo(0).count());
        assertEquals(0, handle.region(7).read8(0x3d));
    }

    @Test
    @Tag("C5-10")
    void lineThatLeadsNowhereIsNoInterrupt() {
        function.raw.quirks = new Quirks(false, false, false, false);
        DeviceHandle handle = open();
        assertEquals(0, handle.irqInfo(0).count());
        assertEquals(0, handle.region(7).read8(0x3d));
        assertTrue(handle.irqInfo(1).count() > 0, "messages need no line");
    }
}
