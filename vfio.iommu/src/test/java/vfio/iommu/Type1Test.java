// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.iommu.Refusals.refused;
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
import vfio.core.iova.IovaRange;

/** What a type 1 container maps, for whom, and within which limits. */
class Type1Test extends Type1Fixture {
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
