// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.iommu.Refusals.refused;
import static vfio.iommu.VfioContainer.DIRTY_PAGES_GET_BITMAP;
import static vfio.iommu.VfioContainer.DIRTY_PAGES_START;
import static vfio.iommu.VfioContainer.DIRTY_PAGES_STOP;
import static vfio.iommu.VfioContainer.MAP_READ;
import static vfio.iommu.VfioContainer.MAP_VADDR;
import static vfio.iommu.VfioContainer.MAP_WRITE;
import static vfio.iommu.VfioContainer.TYPE1;
import static vfio.iommu.VfioContainer.TYPE1V2;
import static vfio.iommu.VfioContainer.UNMAP_ALL_FLAG;
import static vfio.iommu.VfioContainer.UNMAP_GET_DIRTY_BITMAP;
import static vfio.iommu.VfioContainer.UNMAP_VADDR;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.Errno;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;

class Type1Test {
    private static final int RW = MAP_READ | MAP_WRITE;
    private static final long P = 4096;

    private final LockedMemory limit = new LockedMemory(1L << 30);
    private final TestMember member = new TestMember("lamp0");
    private final DmaEndpoint lamp = member.endpoint;
    private final DmaBuffer buffer = OwnedMemory.buffer(64 * P);
    private Iommu iommu = new Iommu(IommuSettings.USUAL);
    private GroupHandle group;

    @AfterEach
    void stop() {
        member.close();
    }

    private VfioContainer container(int type) {
        VfioContainer container = iommu.openContainer(limit);
        group = iommu.add(7, GroupType.IOMMU, member).open(TestMember.USER);
        group.setContainer(container);
        container.setIommu(type);
        return container;
    }

    private VfioContainer v2() {
        return container(TYPE1V2);
    }

    @Test
    @Tag("D4-1")
    @Tag("D4-2")
    @Tag("D4-3")
    @Tag("D4-4")
    void infoTellsPagesRangesBitmapAndWhatIsLeft() {
        VfioContainer container = v2();
        IommuInfo info = container.info();
        assertEquals(IommuInfo.PGSIZES | IommuInfo.CAPS, info.flags());
        assertEquals(P, Long.lowestOneBit(info.pageSizes()));
        assertEquals(List.of(new IovaRange(0, 0xfedf_ffffL), new IovaRange(0xfef0_0000L, -1L)), info.ranges());
        assertEquals(new IommuInfo.Migration(P, 256 << 20), info.migration());
        assertEquals(65_535, info.dmaAvail());
        container.map(RW, buffer, 0, 0, P);
        assertEquals(65_534, container.info().dmaAvail());
    }

    @ParameterizedTest
    @CsvSource({"1, true, false", "2, false, true", "3, true, true"})
    @Tag("D4-5")
    void aMappingHasTheRightsItWasGiven(int flags, boolean reads, boolean writes) {
        v2().map(flags, buffer, 0, P, P);
        assertEquals(reads, lamp.read(P, ByteBuffer.allocate(8)));
        assertEquals(writes, lamp.write(P, ByteBuffer.allocate(8)));
    }

    @ParameterizedTest
    @CsvSource({"8, EINVAL", "0x80000003, EINVAL", "0, EINVAL", "5, EINVAL", "6, EINVAL", "7, EINVAL"})
    @Tag("D4-7")
    @Tag("D4-8")
    void wrongMapFlagsAreRefused(String flags, Errno errno) {
        VfioContainer container = v2();
        refused(errno, () -> container.map(Long.decode(flags).intValue(), buffer, 0, P, P));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0", "0, 0x1000, 0x800", "0, 0x1001, 0x1000", "1, 0x1000, 0x1000", "0, 0x1000, 0x1fff", // zero and misaligned
        "0, 0xfffffffffffff000, 0x2000", "0xfffffffffffff000, 0, 0x2000", "0, 0x1000, 0xfffffffffffff000 ", // past the end
        "0, 0x8000000000000000, 0x8000000000001000",
        "0, 0xfee00000, 0x1000", "0, 0xfedff000, 0x2000", "0, 0xfeeff000, 0x2000", "0, 0xfe000000, 0x2000000"}) // MSI window
    @Tag("D4-9")
    @Tag("D4-10")
    @Tag("D4-11")
    @Tag("D4-15")
    void wrongMapRangesAreRefused(String offset, String iova, String size) {
        VfioContainer container = v2();
        refused(Errno.EINVAL, () -> container.map(RW, buffer, parse(offset), parse(iova), parse(size)));
        assertEquals(65_535, container.info().dmaAvail());
        assertEquals(0, limit.locked());
    }

    private static long parse(String number) {
        return number.startsWith("0x") ? Long.parseUnsignedLong(number.trim().substring(2), 16) : Long.parseLong(number);
    }

    @ParameterizedTest
    @CsvSource({"4, 1", "3, 2", "7, 2", "5, 1", "3, 9", "4, 4", "1, 4"})
    @Tag("D4-12")
    void overlapIsRefused(long page, long pages) {
        VfioContainer container = v2();
        container.map(RW, buffer, 0, 4 * P, 4 * P);
        refused(Errno.EEXIST, () -> container.map(RW, buffer, 0, page * P, pages * P));
        container.map(RW, buffer, 0, 8 * P, P);
        container.map(RW, buffer, 0, 3 * P, P);
    }

    @Test
    void theLastPageOfAllCanBeMappedAndUnmapped() {
        VfioContainer container = v2();
        container.map(RW, buffer, P, -P, P);
        assertTrue(lamp.write64(-8, 0x1122334455667788L));
        assertEquals(0x1122334455667788L, buffer.view().read64(2 * P - 8));
        assertEquals(P, container.unmap(-P, P));
    }

    @Test
    @Tag("D4-13")
    void entry65536FindsNoRoom() {
        VfioContainer container = v2();
        DmaBuffer page = OwnedMemory.buffer(P);
        for (long i = 0; i < 65_534; i++) {
            container.map(RW, page, 0, 2 * i * P, P);
        }
        container.map(RW, page, 0, 1L << 40, P);
        assertEquals(0, container.info().dmaAvail());
        refused(Errno.ENOSPC, () -> container.map(RW, page, 0, 1L << 41, P));
        refused(Errno.EEXIST, () -> container.map(RW, page, 0, 0, P));
        assertEquals(65_535 * P, container.unmap(UNMAP_ALL_FLAG, 0, 0, null));
        assertEquals(0, page.mappings());
    }

    @Test
    @Tag("D4-14")
    void whatTheApertureExcludesIsRefused() {
        TestMember narrow = new TestMember("lamp1", DmaTraits.USUAL.withAperture(new IovaRange(0, (1L << 39) - 1)));
        iommu.add(7, GroupType.IOMMU, narrow);
        VfioContainer container = v2();
        container.map(RW, buffer, 0, (1L << 39) - P, P);
        refused(Errno.EINVAL, () -> container.map(RW, buffer, 0, 1L << 39, P));
        narrow.close();
    }

    @Test
    void furtherReservedRangesAreRefused() {
        TestMember fussy = new TestMember("lamp1", DmaTraits.USUAL.withReserved(new IovaRange(0x10_0000, 0x10_1fff)));
        iommu.add(7, GroupType.IOMMU, fussy);
        VfioContainer container = v2();
        refused(Errno.EINVAL, () -> container.map(RW, buffer, 0, 0xf_f000, 2 * P));
        refused(Errno.EINVAL, () -> container.map(RW, buffer, 0, 0x10_1000, P));
        container.map(RW, buffer, 0, 0x10_2000, P);
        fussy.close();
    }

    @Test
    @Tag("D4-16")
    void lockedMemoryIsLimitedAndGivenBack() {
        VfioContainer container = v2();
        DmaBuffer large = new DmaBuffer(new HugeMemory(1L << 30));
        container.map(RW, large, 0, 1L << 32, (1L << 30) - P);
        container.map(RW, buffer, 0, 0, P);
        refused(Errno.ENOMEM, () -> container.map(RW, buffer, 0, P, P));
        assertEquals(1, buffer.mappings());
        container.unmap(0, P);
        container.map(RW, buffer, 0, P, P);
        assertEquals(1L << 30, limit.locked());
    }

    @Test
    void memoryThatIsNotThereIsAFault() {
        VfioContainer container = v2();
        refused(Errno.EFAULT, () -> container.map(RW, buffer, 64 * P, 0, P));
        refused(Errno.EFAULT, () -> container.map(RW, buffer, 63 * P, 0, 2 * P));
        refused(Errno.EFAULT, () -> container.map(RW, buffer, 1L << 62, 0, P));
        refused(Errno.EFAULT, () -> container.map(RW, null, 0, 0, P));
        buffer.close();
        refused(Errno.EFAULT, () -> container.map(RW, buffer, 0, 0, P));
        assertEquals(0, limit.locked());
    }

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

    @Test
    @Tag("D4-47")
    @Tag("D4-48")
    void interruptsMustBeIsolatedUnlessAllowed() {
        DmaTraits shared = new DmaTraits(List.of(), IovaRange.ALL, false, true, true);
        for (boolean unsafe : new boolean[] {false, true}) {
            iommu = new Iommu(new IommuSettings(unsafe, false, 100, user -> false));
            TestMember open = new TestMember("lamp1", shared);
            GroupHandle handle = iommu.add(9, GroupType.IOMMU, open).open(TestMember.USER);
            VfioContainer container = iommu.openContainer(limit);
            handle.setContainer(container);
            if (unsafe) {
                container.setIommu(TYPE1V2);
            } else {
                refused(Errno.EPERM, () -> container.setIommu(TYPE1V2));
                refused(Errno.EINVAL, container::info);
                container.checkExtension(TYPE1V2);
            }
            open.close();
        }
    }

    @Test
    @Tag("D4-49")
    void aGroupWhoseReservedRangesAreMappedIsRefused() {
        VfioContainer container = v2();
        container.map(RW, buffer, 0, 1L << 40, P);
        DmaTraits[] conflicts = {DmaTraits.USUAL.withReserved(new IovaRange((1L << 40) + 100, (1L << 40) + 200)),
            DmaTraits.USUAL.withAperture(new IovaRange(0, (1L << 39) - 1))};
        for (int i = 0; i < conflicts.length; i++) {
            TestMember other = new TestMember("other" + i, conflicts[i]);
            GroupHandle second = iommu.add(20 + i, GroupType.IOMMU, other).open(TestMember.USER);
            refused(Errno.EINVAL, () -> second.setContainer(container));
            assertEquals(GroupHandle.VIABLE, second.status());
            assertEquals(2, container.info().ranges().size());
            container.unmap(1L << 40, P);
            second.setContainer(container);
            refused(Errno.EINVAL, () -> container.map(RW, buffer, 0, 1L << 40, P));
            second.unsetContainer();
            container.map(RW, buffer, 0, 1L << 40, P);
            other.close();
        }
    }
}
