// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.iommu.Refusals.refused;
import static vfio.iommu.VfioContainer.DIRTY_PAGES_START;
import static vfio.iommu.VfioContainer.MAP_VADDR;
import static vfio.iommu.VfioContainer.TYPE1;
import static vfio.iommu.VfioContainer.UNMAP_ALL_FLAG;
import static vfio.iommu.VfioContainer.UNMAP_GET_DIRTY_BITMAP;
import static vfio.iommu.VfioContainer.UNMAP_VADDR;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.Errno;
import vfio.core.dma.DmaBuffer;

/** What an unmap of a type 1 container takes away, and mappings whose memory moves. */
class Type1UnmapTest extends Type1Fixture {
    @Test
    @Tag("D4-17")
    @Tag("D4-18")
    @Tag("D4-19")
    @Tag("D4-27")
    void theMemoryOfAMappingMoves() {
        VfioContainer container = v2();
        DmaBuffer other = OwnedMemory.buffer(4 * P);
        container.map(RW, buffer, 0, P, 2 * P);
        refused(Errno.ENOENT, () -> container.map(MAP_VADDR, other, 0, 8 * P, P));
        refused(Errno.EINVAL, () -> container.map(MAP_VADDR, other, 0, P, 2 * P)); // its place is still good
        assertEquals(2 * P, container.unmap(UNMAP_VADDR, P, 2 * P, null));
        refused(Errno.EINVAL, () -> container.unmap(UNMAP_VADDR, P, 2 * P, null));
        assertTrue(lamp.write32(P, 77), "translations stay");
        assertEquals(77, buffer.view().read32(0));
        refused(Errno.EINVAL, () -> container.map(MAP_VADDR, other, 0, P, P));
        refused(Errno.EFAULT, () -> container.map(MAP_VADDR, other, 3 * P, P, 2 * P));
        container.map(MAP_VADDR, other, P, P, 2 * P);
        assertTrue(lamp.write32(P, 88));
        assertEquals(77, buffer.view().read32(0));
        assertEquals(88, other.view().read32(P));
        assertEquals(0, buffer.mappings());
        assertEquals(2 * P, limit.locked());
        container.unmap(P, 2 * P);
        assertEquals(0, limit.locked());
        assertEquals(0, other.mappings());
    }

    @Test
    void noGroupIsAttachedWhileMemoryMoves() {
        VfioContainer container = v2();
        container.map(RW, buffer, 0, P, P);
        container.unmap(UNMAP_VADDR | UNMAP_ALL_FLAG, 0, 0, null);
        TestMember other = new TestMember("lamp1");
        GroupHandle second = iommu.add(8, GroupType.IOMMU, other).open(TestMember.USER);
        refused(Errno.EBUSY, () -> second.setContainer(container));
        container.map(MAP_VADDR, buffer, P, P, P);
        second.setContainer(container);
        other.close();
    }

    @Test
    @Tag("D4-20")
    @Tag("D4-21")
    @Tag("D4-22")
    @Tag("D4-23")
    void v2UnmapsWholeMappingsOnly() {
        VfioContainer container = v2();
        container.map(RW, buffer, 0, P, 2 * P);
        container.map(RW, buffer, 0, 4 * P, 2 * P);
        for (long[] split : new long[][] {{P, P}, {2 * P, P}, {0, 2 * P}, {P, 4 * P}, {2 * P, 4 * P}, {5 * P, 9 * P}}) {
            refused(Errno.EINVAL, () -> container.unmap(split[0], split[1]));
        }
        assertEquals(0, container.unmap(3 * P, P));
        assertEquals(0, container.unmap(0, P));
        assertEquals(4 * P, container.unmap(0, 16 * P));
        assertEquals(0, container.unmap(0, 16 * P));
        container.map(RW, buffer, 0, P, 2 * P);
        assertEquals(2 * P, container.unmap(P, 2 * P));
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0", "0, 0x1000, 0x10", "0, 0x10, 0x1000", "0, 0xfffffffffffff000, 0x2000", "2, 0, 0x1000",
        "2, 0x1000, 0", "8, 0, 0x1000", "6, 0x1000, 0x1000"})
    @Tag("D4-26")
    void wrongUnmapsAreRefused(int flags, String iova, String size) {
        VfioContainer container = v2();
        container.map(RW, buffer, 0, 0, P);
        refused(Errno.EINVAL, () -> container.unmap(flags, parse(iova), parse(size), null));
        assertEquals(65_534, container.info().dmaAvail());
    }

    @Test
    @Tag("D4-25")
    void allIsUnmappedAtOnce() {
        VfioContainer container = v2();
        container.map(RW, buffer, 0, P, 2 * P);
        container.map(RW, buffer, 0, -P, P);
        assertEquals(3 * P, container.unmap(UNMAP_ALL_FLAG, 0, 0, null));
        assertEquals(0, container.unmap(UNMAP_ALL_FLAG, 0, 0, null));
        assertEquals(0, buffer.mappings());
        assertFalse(lamp.write32(P, 1));
    }

    @Test
    @Tag("D4-28")
    @Tag("D4-29")
    @Tag("D4-30")
    @Tag("D4-31")
    @Tag("D4-32")
    void anUnmapTellsWhatWasWritten() {
        VfioContainer container = v2();
        container.map(RW, buffer, 0, P, 70 * P - 6 * P);
        VfioBitmap bitmap = VfioBitmap.of(P, 64 * P);
        int dirty = UNMAP_GET_DIRTY_BITMAP;
        refused(Errno.EINVAL, () -> container.unmap(dirty, P, 64 * P, bitmap));
        container.dirtyPages(DIRTY_PAGES_START, 0, 0, null);
        refused(Errno.EINVAL, () -> container.unmap(dirty | UNMAP_ALL_FLAG, 0, 0, bitmap));
        refused(Errno.EINVAL, () -> container.unmap(dirty | UNMAP_VADDR, P, 64 * P, bitmap));
        refused(Errno.EINVAL, () -> container.unmap(dirty, P, 64 * P, VfioBitmap.of(2 * P, 64 * P)));
        refused(Errno.EINVAL, () -> container.unmap(dirty, P, 64 * P, null));
        refused(Errno.EINVAL, () -> container.unmap(dirty, P, 64 * P, new VfioBitmap(P, 0, ByteBuffer.allocate(8))));
        refused(Errno.EFAULT, () -> container.unmap(dirty, P, 64 * P, new VfioBitmap(P, 8, ByteBuffer.allocate(7))));
        lamp.write(P + 3 * P - 1, ByteBuffer.allocate(2)); // pages 2 and 3
        lamp.write32(P + 63 * P, 1);
        assertEquals(64 * P, container.unmap(dirty, P, 64 * P, bitmap));
        assertEquals(1L << 2 | 1L << 3 | 1L << 63, Long.reverseBytes(bitmap.data().getLong(0)));
        assertEquals(0, buffer.mappings());
    }

    @Test
    @Tag("D4-33")
    @Tag("D4-34")
    void v1TakesWholeMappingsFromTheirStart() {
        VfioContainer container = container(TYPE1);
        container.map(RW, buffer, 0, P, 4 * P);
        container.map(RW, buffer, 0, 5 * P, 4 * P);
        assertEquals(0, container.unmap(2 * P, P));
        assertEquals(0, container.unmap(2 * P, 16 * P));
        assertEquals(4 * P, container.unmap(P, P));
        assertEquals(4 * P, container.unmap(0, 6 * P));
        assertEquals(0, buffer.mappings());
    }
}
