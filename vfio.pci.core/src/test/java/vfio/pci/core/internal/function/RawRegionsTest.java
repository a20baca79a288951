// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Mapping;
import vfio.core.device.MemoryRegion;
import vfio.core.device.Region;
import vfio.core.info.InfoCapability;
import vfio.core.info.RegionInfo;
import vfio.pci.core.fake.FakeCard;

/** The regions of a raw function, as its users have them. */
class RawRegionsTest {
    private static final int READ_WRITE = RegionInfo.READ | RegionInfo.WRITE;

    private FakeCard function = new FakeCard();
    private BoundFunction bound = new BoundFunction(function);

    @AfterEach
    void end() {
        bound.close();
    }

    private static Errno errno(Runnable act) {
        return assertThrows(VfioException.class, act::run).errno();
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
        RegionInfo info = bound.open().regionInfo(index);
        assertEquals(flags, info.flags());
        assertEquals(size, info.size());
        assertEquals((long) index << 40, info.offset());
    }

    @Test
    @Tag("C3-7")
    @Tag("C3-25")
    void barOfTheMsixTableTellsThatItCanBeMapped() {
        assertEquals(List.of(RegionInfo.CAP_MSIX_MAPPABLE),
                bound.open().regionInfo(2).capabilities().stream().map(InfoCapability::id).toList());
    }

    @ParameterizedTest
    @CsvSource({"8", "9", "-1", "2147483647"})
    @Tag("C3-13")
    @Tag("C3-16")
    @Tag("C4-1")
    void otherRegionsAreEinval(int index) {
        DeviceHandle handle = bound.open();
        assertEquals(Errno.EINVAL, errno(() -> handle.regionInfo(index)));
        assertEquals(Errno.EINVAL, errno(() -> handle.region(index)));
    }

    @Test
    @Tag("C4-34")
    @Tag("C4-35")
    void emptyRegionsCanNeitherBeReadNorMapped() {
        DeviceHandle handle = bound.open();
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
        Region rom = bound.open().region(6);
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
        DeviceHandle handle = bound.open();
        Region bar = handle.region(2);
        bar.write32(0x7fc, 1);
        bar.write32(0x800, 1);
        bar.write32(0x83c, 1);
        bar.write32(0x840, 1);
        assertEquals(1, bar.read32(0x7fc));
        assertEquals(-1, bar.read32(0x800));
        assertEquals(-1, bar.read32(0x83c));
        assertEquals(1, bar.read32(0x840));
        assertEquals(0, function.raw.memory[2].window(0).getInt(0x800));
    }

    @Test
    void configurationSpaceRefusesWhatDoesNotFit() {
        Region config = bound.open().region(7);
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
        DeviceHandle handle = bound.open();
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
        DeviceHandle handle = bound.open();
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
        DeviceHandle handle = bound.open();
        handle.region(7).write16(function.pm + 4, (short) 3);
        function.image.u32(0x10, 0xc);
        handle.region(7).write16(function.pm + 4, (short) 0);
        assertEquals(0xe000000c, function.image.get(0x10, 4));
    }

    @Test
    @Tag("C4-45")
    void resetByARegisterTakesMemoryAndGivesItBack() {
        DeviceHandle handle = bound.open();
        Mapping mapping = handle.map(0);
        handle.region(7).write16(function.express + 8, (short) 0x8000);
        assertEquals(2, function.resets());
        assertEquals(0, mapping.read32(0));
        assertEquals(3, function.command() & 7);
    }

    @Test
    @Tag("C3-12")
    @Tag("C4-25")
    @Tag("C4-26")
    @Tag("C4-27")
    @Tag("C4-28")
    void vgaRegionIsOfVgaCardsAlone() {
        function = new FakeCard(0x030000);
        function.raw.vga = new MemoryRegion(SharedMemory.ofProcess(0xc0000));
        bound = new BoundFunction(function);
        DeviceHandle handle = bound.open();
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
        function = new FakeCard(0x030000);
        function.raw.vga = new MemoryRegion(SharedMemory.ofProcess(0xc0000));
        bound = new BoundFunction(function, new FunctionSettings(false, true, false, false));
        DeviceHandle handle = bound.open();
        assertEquals(Errno.EINVAL, errno(() -> handle.regionInfo(8)));
    }
}
