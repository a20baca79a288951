// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Mapping;
import vfio.core.device.MemoryRegion;
import vfio.core.info.RegionInfo;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.fake.FakeCard;

class MappableBarsTest {
    private static final int READ_WRITE = RegionInfo.READ | RegionInfo.WRITE;

    private final FakeCard function = new FakeCard();
    private final BoundFunction bound = new BoundFunction(function);

    @AfterEach
    void end() {
        bound.close();
    }

    /** A BAR of 256 bytes, and what else decodes addresses. */
    private RegionInfo small(int address, Bar... others) {
        function.image.u32(0x14, address);
        function.bars = Stream.concat(Stream.of(new Bar(1, 256, false, false, false)),
                Arrays.stream(others)).toList();
        function.raw.registers[1] = new MemoryRegion(SharedMemory.ofProcess(256));
        return bound.open().regionInfo(1);
    }

    @Test
    @Tag("C3-5")
    void barThatHasItsPageForItselfIsMapped() {
        FakeCard other = new FakeCard();
        other.image.u32(0x18, 0xd0001000);
        bound.neighbourhood.others.add(other);
        assertEquals(new RegionInfo(1, READ_WRITE | RegionInfo.MMAP, 256, 1L << 40, List.of()), small(0xd0000000));
        DeviceHandle handle = bound.open();
        Mapping mapping = handle.map(1);
        handle.region(1).write32(252, 7);
        assertEquals(256, mapping.size());
        assertEquals(7, mapping.read32(252));
    }

    @Test
    @Tag("C3-6")
    void barThatBeginsWithinAPageIsNotMapped() {
        assertEquals(new RegionInfo(1, READ_WRITE, 256, 1L << 40, List.of()), small(0xd0000100));
        DeviceHandle handle = bound.open();
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> handle.map(1)).errno());
        handle.region(1).write64(248, -5);
        assertEquals(-5, handle.region(1).read64(248));
    }

    @Test
    void barThatSharesItsPageWithAnotherFunctionIsNotMapped() {
        FakeCard other = new FakeCard();
        other.image.u32(0x18, 0xd0000800);
        bound.neighbourhood.others.add(other);
        assertEquals(READ_WRITE, small(0xd0000000).flags());
    }

    @Test
    void barThatSharesItsPageWithARomIsNotMapped() {
        FakeCard other = new FakeCard();
        other.image.u32(0x30, 0xd0000801);
        bound.neighbourhood.others.add(other);
        assertEquals(READ_WRITE, small(0xd0000000).flags());
    }

    @Test
    void barThatSharesItsPageWithAnotherOfItsFunctionIsNotMapped() {
        function.image.u32(0x18, 0xd0000100);
        assertEquals(READ_WRITE, small(0xd0000000, new Bar(2, 16, false, false, false)).flags());
    }

    @Test
    void barWithoutAnAddressSharesNoPage() {
        bound.neighbourhood.others.add(new FakeCard());
        assertEquals(READ_WRITE | RegionInfo.MMAP, small(0).flags());
    }
}
