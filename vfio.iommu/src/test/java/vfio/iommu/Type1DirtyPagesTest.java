// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static vfio.iommu.Refusals.refused;
import static vfio.iommu.VfioContainer.DIRTY_PAGES_GET_BITMAP;
import static vfio.iommu.VfioContainer.DIRTY_PAGES_START;
import static vfio.iommu.VfioContainer.DIRTY_PAGES_STOP;
import static vfio.iommu.VfioContainer.TYPE1;
import static vfio.iommu.VfioContainer.TYPE1V2;
import static vfio.iommu.VfioContainer.UNMAP_ALL_FLAG;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.Errno;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;

/** The dirty bitmap of a type 1 container. */
class Type1DirtyPagesTest extends Type1Fixture {
    @Test
    @Tag("D4-35")
    void v1TracksNothing() {
        VfioContainer container = container(TYPE1);
        refused(Errno.EACCES, () -> container.dirtyPages(DIRTY_PAGES_START, 0, 0, null));
        refused(Errno.EACCES, () -> container.dirtyPages(99, 0, 0, null));
    }

    @ParameterizedTest
    @CsvSource({"0", "3", "5", "6", "7", "8", "9"})
    @Tag("D4-36")
    void dirtyPagesTakesOneFlag(int flags) {
        VfioContainer container = v2();
        refused(Errno.EINVAL, () -> container.dirtyPages(flags, 0, P, VfioBitmap.of(P, P)));
    }

    private static void get(VfioContainer container, long iova, long size, VfioBitmap bitmap) {
        container.dirtyPages(DIRTY_PAGES_GET_BITMAP, iova, size, bitmap);
    }

    @Test
    @Tag("D4-37")
    @Tag("D4-38")
    @Tag("D4-39")
    void trackingStartsAndStops() {
        VfioContainer container = v2();
        container.map(RW, buffer, 0, 0, 4 * P);
        VfioBitmap bitmap = VfioBitmap.of(P, 4 * P);
        lamp.write32(0, 1);
        refused(Errno.EINVAL, () -> get(container, 0, 4 * P, bitmap));
        container.dirtyPages(DIRTY_PAGES_STOP, 0, 0, null);
        container.dirtyPages(DIRTY_PAGES_START, 0, 0, null);
        lamp.write32(P, 1);
        container.dirtyPages(DIRTY_PAGES_START, 0, 0, null); // keeps the marks
        lamp.read32(2 * P);
        get(container, 0, 4 * P, bitmap);
        assertEquals(2, bitmap.data().get(0));
        lamp.write32(0, 1);
        container.dirtyPages(DIRTY_PAGES_STOP, 0, 0, null);
        refused(Errno.EINVAL, () -> get(container, 0, 4 * P, bitmap));
        container.dirtyPages(DIRTY_PAGES_START, 0, 0, null);
        get(container, 0, 4 * P, bitmap);
        assertEquals(0, bitmap.data().get(0));
    }

    @Test
    @Tag("D4-40")
    @Tag("D4-41")
    @Tag("D4-42")
    @Tag("D4-45")
    void wrongBitmapsAreRefused() {
        VfioContainer container = v2();
        container.map(RW, buffer, 0, 0, 4 * P);
        container.dirtyPages(DIRTY_PAGES_START, 0, 0, null);
        VfioBitmap bitmap = VfioBitmap.of(P, 64 * P);
        refused(Errno.EINVAL, () -> get(container, 0, 4 * P, VfioBitmap.of(2 * P, 64 * P)));
        refused(Errno.EINVAL, () -> get(container, 0, 4 * P, new VfioBitmap(0, 8, ByteBuffer.allocate(8))));
        refused(Errno.EINVAL, () -> get(container, 0, 4 * P, null));
        refused(Errno.EINVAL, () -> get(container, 12, 4 * P, bitmap));
        refused(Errno.EINVAL, () -> get(container, 0, 4 * P + 1, bitmap));
        refused(Errno.EINVAL, () -> get(container, 0, 0, bitmap));
        refused(Errno.EINVAL, () -> get(container, -P, 2 * P, bitmap));
        refused(Errno.EINVAL, () -> get(container, 0, 65 * P, bitmap)); // too small
        refused(Errno.EINVAL, () -> get(container, 0, 2 * P, bitmap)); // splits
        refused(Errno.EINVAL, () -> get(container, 2 * P, 2 * P, bitmap));
        refused(Errno.EINVAL, () -> get(container, 16 * P, P, bitmap)); // nothing there
        ByteBuffer small = ByteBuffer.allocate(8);
        refused(Errno.EINVAL, () -> get(container, 0, 1L << 43, new VfioBitmap(P, (256L << 20) + 8, small)));
        refused(Errno.EFAULT, () -> get(container, 0, 1L << 43, new VfioBitmap(P, 256L << 20, small)));
        get(container, 0, 64 * P, bitmap);
    }

    @Test
    @Tag("D4-43")
    @Tag("D4-44")
    void theBitmapHasABitForEachPageWrittenAndIsThenClear() {
        VfioContainer container = v2();
        container.dirtyPages(DIRTY_PAGES_START, 0, 0, null);
        container.map(RW, buffer, 0, P, 3 * P);
        container.map(RW, buffer, 8 * P, 60 * P, 10 * P);
        lamp.write(3 * P + 8, ByteBuffer.allocate(8));
        lamp.write(62 * P + 100, ByteBuffer.allocate((int) (5 * P)));
        assertEquals(16, DirtyBitmap.bytes(72));
        assertEquals(8, DirtyBitmap.bytes(64));
        VfioBitmap bitmap = new VfioBitmap(P, 16, ByteBuffer.allocate(40).position(8));
        get(container, 0, 72 * P, bitmap);
        for (int page = 0; page < 72; page++) {
            assertEquals(page == 3 || page >= 62 && page <= 67, bitmap.isSet(page), "page " + page);
        }
        get(container, 0, 72 * P, bitmap);
        for (int page = 0; page < 72; page++) {
            assertFalse(bitmap.isSet(page), "page " + page);
        }
    }

    @Test
    @Tag("D4-46")
    void aDeviceWithoutDirtySupportHasWrittenEverything() {
        TestMember blind = new TestMember("lamp1", new DmaTraits(List.of(), IovaRange.ALL, true, true, false));
        VfioContainer container = v2();
        container.map(RW, buffer, 0, 0, 4 * P);
        container.dirtyPages(DIRTY_PAGES_START, 0, 0, null);
        iommu.add(7, GroupType.IOMMU, blind);
        VfioBitmap bitmap = VfioBitmap.of(P, 8 * P);
        for (int i = 0; i < 2; i++) {
            get(container, 0, 8 * P, bitmap);
            assertEquals(0x0f, bitmap.data().get(0));
        }
        iommu.remove(7, "lamp1");
        get(container, 0, 8 * P, bitmap);
        assertEquals(0, bitmap.data().get(0));
        blind.close();
    }

    @Test
    void whatTheBitmapCannotHoldIsNotTracked() {
        VfioContainer container = v2();
        DmaBuffer huge = new DmaBuffer(new HugeMemory(DmaBufferTest.LARGEST));
        LockedMemory none = LockedMemory.unlimited();
        VfioContainer wide = iommu.openContainer(none);
        TestMember other = new TestMember("lamp1");
        GroupHandle second = iommu.add(8, GroupType.IOMMU, other).open(TestMember.USER);
        second.setContainer(wide);
        wide.setIommu(TYPE1V2);
        wide.map(RW, huge, 0, 1L << 50, (1L << 43) + P);
        refused(Errno.EINVAL, () -> wide.dirtyPages(DIRTY_PAGES_START, 0, 0, null));
        wide.unmap(UNMAP_ALL_FLAG, 0, 0, null);
        wide.map(RW, huge, 0, 1L << 50, 1L << 43);
        wide.dirtyPages(DIRTY_PAGES_START, 0, 0, null);
        refused(Errno.EINVAL, () -> wide.map(RW, huge, 0, 1L << 51, (1L << 43) + P));
        assertEquals(1, huge.mappings());
        assertEquals(65_535, container.info().dmaAvail());
        other.close();
    }
}
