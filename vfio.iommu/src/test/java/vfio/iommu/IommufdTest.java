// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.iommu.Ioas.FIXED_IOVA;
import static vfio.iommu.Ioas.READABLE;
import static vfio.iommu.Ioas.WRITEABLE;
import static vfio.iommu.Refusals.refused;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.Errno;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;
import vfio.core.info.DeviceInfo;
import vfio.core.iova.IovaRange;

class IommufdTest {
    private static final long P = 4096;
    private static final int RW = READABLE | WRITEABLE;
    private static final int FIXED = RW | FIXED_IOVA;
    private static final VfioUser USER = TestMember.USER;

    private final Iommu iommu = new Iommu(new IommuSettings(false, true, 100, user -> true));
    private final LockedMemory limit = new LockedMemory(1L << 24);
    private final Iommufd iommufd = iommu.openIommufd(limit);
    private final TestMember lamp = new TestMember("lamp0");
    private final TestMember bell = new TestMember("bell0");
    private final DmaBuffer buffer = OwnedMemory.buffer(64 * P);
    private final IommuGroup group = iommu.add(1, GroupType.IOMMU, lamp);
    private final DirectHandle direct = group.openDirect("lamp0", USER);

    @AfterEach
    void stop() {
        lamp.close();
        bell.close();
    }

    private int bound() {
        return direct.bind(iommufd, 0);
    }

    @Test
    @Tag("D5-2")
    @Tag("D5-3")
    @Tag("D5-6")
    @Tag("D5-7")
    @Tag("D5-13")
    void bindChecksItsRequest() {
        refused(Errno.EINVAL, () -> direct.bind(iommufd, 1));
        refused(Errno.EINVAL, () -> direct.bind(null, 0));
        refused(Errno.EBADFD, () -> direct.bind(iommu.openContainer(limit), 0));
        Iommufd closed = iommu.openIommufd(limit);
        closed.close();
        refused(Errno.EBADF, () -> direct.bind(closed, 0));
        assertTrue(bound() >= 1);
        refused(Errno.EINVAL, () -> direct.bind(iommufd, 0));
        refused(Errno.EINVAL, () -> group.openDirect("lamp0", USER).bind(iommufd, 0));
        assertTrue(direct.isOpen());
        direct.close();
        direct.close();
        refused(Errno.EBADF, () -> direct.bind(iommufd, 0));
        assertEquals(1, lamp.closes);
    }

    @Test
    @Tag("D5-4")
    @Tag("D5-5")
    void aGroupsHandleIsNotBoundAndAnOpenGroupKeepsItsDevices() {
        GroupHandle handle = group.open(USER);
        refused(Errno.EBUSY, () -> direct.bind(iommufd, 0));
        VfioContainer container = iommu.openContainer(limit);
        handle.setContainer(container);
        container.setIommu(VfioContainer.TYPE1V2);
        DeviceHandle device = handle.getDevice("lamp0");
        refused(Errno.EINVAL, () -> DirectHandle.of(device));
        assertSame(direct, DirectHandle.of(direct));
        handle.close();
        refused(Errno.EBUSY, () -> direct.bind(iommufd, 0));
        device.close();
        bound();
    }

    @Test
    @Tag("D5-8")
    @Tag("D5-9")
    @Tag("D5-10")
    @Tag("D5-11")
    void whoHasTheGroupKeepsIt() throws Exception {
        bell.use = GroupMember.Use.DRIVER;
        iommu.add(1, GroupType.IOMMU, bell);
        refused(Errno.EPERM, () -> direct.bind(iommufd, 0));
        bell.use = GroupMember.Use.VFIO;
        AutoCloseable host = group.useDefaultDomain();
        refused(Errno.EPERM, () -> direct.bind(iommufd, 0));
        host.close();
        bell.foreign = true;
        refused(Errno.EBUSY, () -> direct.bind(iommufd, 0));
        bell.foreign = false;
        bell.pasids = true;
        refused(Errno.EBUSY, () -> direct.bind(iommufd, 0));
        bell.pasids = false;
        bound();
        Iommufd other = iommu.openIommufd(limit);
        DirectHandle second = group.openDirect("bell0", USER);
        refused(Errno.EPERM, () -> second.bind(other, 0));
        second.bind(iommufd, 0);
        second.close();
        direct.close();
        group.openDirect("bell0", USER).bind(other, 0);
    }

    @Test
    void interruptsMustBeIsolated() {
        TestMember shared = new TestMember("open0", new DmaTraits(List.of(), IovaRange.ALL, false, true, true));
        IommuGroup open = iommu.add(2, GroupType.IOMMU, shared);
        refused(Errno.EPERM, () -> open.openDirect("open0", USER).bind(iommufd, 0));
        open.open(USER).close();
        shared.close();
    }

    @Test
    void aFailingOpenLeavesNothingBound() {
        lamp.openFails = Errno.EIO;
        refused(Errno.EIO, () -> direct.bind(iommufd, 0));
        lamp.openFails = null;
        group.open(USER).close();
        bound();
    }

    @Test
    @Tag("D5-15")
    void nothingWorksBeforeBind() {
        refused(Errno.EINVAL, direct::info);
        refused(Errno.EINVAL, () -> direct.region(0));
        refused(Errno.EINVAL, () -> direct.regionInfo(0));
        refused(Errno.EINVAL, () -> direct.irqInfo(0));
        refused(Errno.EINVAL, direct::reset);
        refused(Errno.EINVAL, () -> direct.attach(1));
        refused(Errno.EINVAL, direct::detach);
        assertFalse(direct.isOpen());
        bound();
        assertEquals(DeviceInfo.PLATFORM, direct.info().flags());
        direct.close();
        refused(Errno.ENODEV, direct::info);
        refused(Errno.EBADF, () -> direct.attach(1));
    }

    @Test
    @Tag("D5-21")
    void withoutIommuThereIsNoDirectPath() {
        IommuGroup bare = iommu.add(5, GroupType.NO_IOMMU, bell);
        refused(Errno.ENODEV, () -> bare.openDirect("bell0", USER));
        refused(Errno.ENODEV, () -> group.openDirect("bell0", USER));
    }

    @Test
    @Tag("D5-16")
    @Tag("D5-17")
    @Tag("D5-18")
    @Tag("D5-19")
    @Tag("D5-20")
    @Tag("D5-26")
    void attachReplaceAndDetach() {
        int device = bound();
        Ioas first = iommufd.allocateIoas();
        Ioas second = iommufd.allocateIoas();
        first.map(FIXED, buffer, 0, P, P);
        second.map(FIXED, buffer, P, P, 8 * P);
        refused(Errno.ENOENT, () -> direct.attach(99));
        refused(Errno.EINVAL, () -> direct.attach(device));
        int table = direct.attach(first.id());
        assertNotEquals(first.id(), table);
        assertEquals(table, direct.attach(first.id()), "the same again");
        assertTrue(lamp.endpoint.write32(P, 1));
        refused(Errno.EBUSY, () -> iommufd.destroy(first.id()));
        refused(Errno.EBUSY, () -> iommufd.destroy(table));
        refused(Errno.EBUSY, () -> iommufd.destroy(device));
        int own = iommufd.allocatePageTable(0, device, second.id());
        assertEquals(own, direct.attach(own));
        assertFalse(lamp.endpoint.write32(P, 1));
        assertTrue(lamp.endpoint.write32(8 * P, 1));
        refused(Errno.ENOENT, () -> direct.attach(table)); // went with its last device
        iommufd.destroy(first.id());
        assertEquals(1, buffer.mappings());
        direct.detach();
        direct.detach();
        assertFalse(lamp.endpoint.write32(8 * P, 1));
        refused(Errno.EBUSY, () -> iommufd.destroy(second.id()));
        iommufd.destroy(own);
        iommufd.destroy(second.id());
        assertEquals(0, buffer.mappings());
        refused(Errno.ENOENT, () -> second.unmap(0, -1L));
        refused(Errno.ENOENT, () -> second.map(RW, buffer, 0, P, 0));
    }

    @Test
    void devicesOfAGroupShareAPageTable() {
        iommu.add(1, GroupType.IOMMU, bell);
        bound();
        DirectHandle second = group.openDirect("bell0", USER);
        second.bind(iommufd, 0);
        Ioas a = iommufd.allocateIoas();
        Ioas b = iommufd.allocateIoas();
        b.map(FIXED, buffer, 0, P, P);
        int table = direct.attach(a.id());
        refused(Errno.EINVAL, () -> second.attach(b.id()));
        assertEquals(table, second.attach(a.id()));
        second.attach(b.id()); // takes the whole group along
        assertTrue(lamp.endpoint.write32(P, 1));
        second.detach();
        assertTrue(lamp.endpoint.write32(P, 1));
        direct.close();
        assertFalse(bell.endpoint.write32(P, 1));
        second.close();
        iommufd.destroy(a.id());
        iommufd.destroy(b.id());
    }

    @Test
    void reservedRangesOfADeviceAreRespected() {
        TestMember fussy = new TestMember("fussy", DmaTraits.USUAL.withReserved(new IovaRange(0, 0xffff)));
        DirectHandle device = iommu.add(2, GroupType.IOMMU, fussy).openDirect("fussy", USER);
        device.bind(iommufd, 0);
        Ioas ioas = iommufd.allocateIoas();
        assertEquals(List.of(IovaRange.ALL), ioas.iovaRanges());
        ioas.map(FIXED, buffer, 0, P, P);
        refused(Errno.EADDRINUSE, () -> device.attach(ioas.id()));
        ioas.unmap(P, P);
        ioas.allowIovas(List.of(new IovaRange(0, 0x8000_0000L)));
        refused(Errno.EADDRINUSE, () -> device.attach(ioas.id()));
        ioas.allowIovas(List.of());
        device.attach(ioas.id());
        assertEquals(List.of(new IovaRange(0x1_0000, 0xfedf_ffffL), new IovaRange(0xfef0_0000L, -1L)), ioas.iovaRanges());
        refused(Errno.EINVAL, () -> ioas.map(FIXED, buffer, 0, P, P));
        refused(Errno.EINVAL, () -> ioas.map(FIXED, buffer, 0, P, 0xfee0_0000L));
        refused(Errno.EADDRINUSE, () -> ioas.allowIovas(List.of(new IovaRange(0, 0x8000_0000L))));
        assertEquals(0x1_0000, ioas.map(RW, buffer, P, P, 0));
        device.close();
        assertEquals(List.of(IovaRange.ALL), ioas.iovaRanges());
        fussy.close();
    }

    @Test
    @Tag("D5-29")
    void rangesNeedRoom() {
        bound();
        Ioas ioas = iommufd.allocateIoas();
        direct.attach(ioas.id());
        refused(Errno.EMSGSIZE, () -> ioas.iovaRanges(1));
        refused(Errno.EMSGSIZE, () -> ioas.iovaRanges(0));
        assertEquals(2, ioas.iovaRanges(2).size());
        assertEquals(P, ioas.alignment());
    }

    @ParameterizedTest
    @CsvSource({"8, 0x1000, 0x1000, EOPNOTSUPP", "0x10, 0x1000, 0x1000, EOPNOTSUPP", "1, 0x1000, 0x1000, EINVAL",
        "0, 0x1000, 0x1000, EINVAL", "7, 0x1000, 0, EINVAL", "7, 0x1000, 0x800, EINVAL", "7, 0x1800, 0x1000, EINVAL",
        "7, 0xffffffffffffffff, 0x1000, EOVERFLOW", "7, 0x1000, 0xffffffffffffffff, EOVERFLOW",
        "7, 0xfffffffffffff000, 0x2000, EOVERFLOW", "6, 0, 0x8000000000000000, EOVERFLOW", "7, 0x8000, 0x1000, EEXIST",
        "7, 0x7000, 0x3000, EEXIST", "7, 0x2000, 0x1000000, EEXIST", "7, 0x100000, 0x50000, EFAULT"})
    @Tag("D5-24")
    @Tag("D5-28")
    void wrongMapsAreRefused(String flags, String iova, String length, Errno errno) {
        Ioas ioas = iommufd.allocateIoas();
        ioas.map(FIXED, buffer, 0, P, 8 * P);
        refused(errno, () -> ioas.map(Integer.decode(flags), buffer, 0, parse(length), parse(iova)));
        assertEquals(1, buffer.mappings());
    }

    private static long parse(String number) {
        return number.startsWith("0x") ? Long.parseUnsignedLong(number.substring(2), 16) : Long.parseLong(number);
    }

    @Test
    void wrongMemoryIsRefused() {
        Ioas ioas = iommufd.allocateIoas();
        refused(Errno.EINVAL, () -> ioas.map(FIXED, buffer, 100, P, P));
        refused(Errno.EOVERFLOW, () -> ioas.map(FIXED, buffer, -P, 2 * P, P));
        refused(Errno.EFAULT, () -> ioas.map(FIXED, buffer, 64 * P, P, P));
        refused(Errno.EFAULT, () -> ioas.map(FIXED, null, 0, P, P));
        buffer.close();
        refused(Errno.EFAULT, () -> ioas.map(FIXED, buffer, 0, P, P));
    }

    @Test
    @Tag("D5-27")
    void lockedMemoryIsLimited() {
        Ioas ioas = iommufd.allocateIoas();
        DmaBuffer large = OwnedMemory.buffer(1 << 24);
        ioas.map(FIXED, large, 0, (1 << 24) - P, P);
        ioas.copy(FIXED, ioas, P, 16 * P, 1L << 40); // pinned already
        ioas.map(RW, buffer, 0, P, 0);
        refused(Errno.ENOMEM, () -> ioas.map(RW, buffer, 0, P, 0));
        assertEquals(1 << 24, limit.locked());
    }

    @Test
    @Tag("D5-30")
    @Tag("D5-31")
    void addressesAreFixedOrFound() {
        Ioas ioas = iommufd.allocateIoas();
        assertEquals(5 * P, ioas.map(FIXED, buffer, 0, P, 5 * P));
        assertEquals(P, ioas.map(RW, buffer, P, P, 0));
        assertEquals(2 * P, ioas.map(RW, buffer, 2 * P, 2 * P, 99));
        assertEquals(4 * P, ioas.map(RW, buffer, P, P, 0));
        assertEquals(8 * P, ioas.map(RW, buffer, 0, 5 * P, 0), "aligned as the memory is");
        ioas.unmap(P, P);
        assertEquals(P, ioas.map(RW, buffer, P, P, 0));
        ioas.allowIovas(List.of(new IovaRange(1L << 32, (1L << 32) + 2 * P - 1), new IovaRange(1L << 40, (1L << 40) + P)));
        assertEquals(1L << 32, ioas.map(RW, buffer, P, P, 0));
        assertEquals((1L << 32) + P, ioas.map(RW, buffer, P, P, 0));
        assertEquals(1L << 40, ioas.map(RW, buffer, P, P, 0));
        refused(Errno.ENOSPC, () -> ioas.map(RW, buffer, P, P, 0));
        refused(Errno.EINVAL, () -> ioas.allowIovas(List.of(new IovaRange(5, 5))));
        refused(Errno.EINVAL, () -> ioas.allowIovas(List.of(new IovaRange(5, 9), new IovaRange(9, 12))));
    }

    @ParameterizedTest
    @CsvSource({"4, true, false", "2, false, true", "6, true, true"})
    @Tag("D5-32")
    void aMappingHasTheRightsItWasGiven(int flags, boolean reads, boolean writes) {
        bound();
        Ioas ioas = iommufd.allocateIoas();
        direct.attach(ioas.id());
        ioas.map(flags | FIXED_IOVA, buffer, 0, P, P);
        assertEquals(reads, lamp.endpoint.read(P, ByteBuffer.allocate(8)));
        assertEquals(writes, lamp.endpoint.write(P, ByteBuffer.allocate(8)));
    }

    @Test
    @Tag("D5-33")
    void copiesShowTheSamePages() {
        bound();
        Ioas source = iommufd.allocateIoas();
        Ioas target = iommufd.allocateIoas();
        direct.attach(target.id());
        source.map(FIXED, buffer, 0, 4 * P, 4 * P);
        source.map(FIXED, buffer, 8 * P, 4 * P, 8 * P);
        source.map(READABLE | FIXED_IOVA, buffer, 16 * P, P, 12 * P);
        assertEquals(100 * P, target.copy(FIXED, source, 6 * P, 4 * P, 100 * P)); // across two, within both
        assertTrue(lamp.endpoint.write64(101 * P, 11));
        assertTrue(lamp.endpoint.write64(103 * P, 13));
        assertEquals(11, buffer.view().read64(3 * P));
        assertEquals(13, buffer.view().read64(9 * P));
        refused(Errno.ENOENT, () -> target.copy(FIXED, source, 3 * P, 2 * P, 200 * P));
        refused(Errno.ENOENT, () -> target.copy(FIXED, source, 12 * P, 2 * P, 200 * P));
        refused(Errno.ENOENT, () -> target.copy(FIXED, source, 0, P, 200 * P));
        refused(Errno.EPERM, () -> target.copy(FIXED, source, 11 * P, 2 * P, 200 * P));
        refused(Errno.EEXIST, () -> target.copy(FIXED, source, 4 * P, P, 101 * P));
        refused(Errno.EINVAL, () -> target.copy(FIXED, source, 4 * P, 0, 200 * P));
        refused(Errno.EINVAL, () -> target.copy(FIXED, source, 4 * P + 1, P, 200 * P));
        refused(Errno.EINVAL, () -> target.copy(FIXED_IOVA, source, 4 * P, P, 200 * P));
        refused(Errno.EOPNOTSUPP, () -> target.copy(8 | RW, source, 4 * P, P, 200 * P));
        refused(Errno.EOVERFLOW, () -> target.copy(FIXED, source, -P, 2 * P, 200 * P));
        refused(Errno.EOVERFLOW, () -> target.copy(FIXED, source, 4 * P, 2 * P, -P));
        refused(Errno.EOVERFLOW, () -> target.copy(FIXED, source, 4 * P, -1L, 200 * P));
        assertEquals(P, target.copy(READABLE, source, 5 * P, P, 0));
        source.unmap(0, -1L);
        assertTrue(lamp.endpoint.write64(100 * P, 10), "the copy keeps the pages");
        assertEquals(2, buffer.mappings());
        refused(Errno.ENOENT, () -> target.unmap(100 * P, P)); // never split; the copy is of two areas
        assertEquals(4 * P, target.unmap(100 * P, 4 * P));
        target.unmap(0, -1L);
        assertEquals(0, buffer.mappings());
        assertEquals(0, limit.locked());
    }

    @Test
    @Tag("D5-34")
    @Tag("D5-35")
    void unmapsAreWhole() {
        Ioas ioas = iommufd.allocateIoas();
        ioas.map(FIXED, buffer, 0, 2 * P, 2 * P);
        ioas.map(FIXED, buffer, 0, 2 * P, 6 * P);
        for (long[] wrong : new long[][] {{2 * P, P}, {3 * P, P}, {0, 3 * P}, {2 * P, 5 * P}, {0, P}, {4 * P, 2 * P}}) {
            refused(Errno.ENOENT, () -> ioas.unmap(wrong[0], wrong[1]));
        }
        refused(Errno.EINVAL, () -> ioas.unmap(2 * P, 0));
        refused(Errno.EOVERFLOW, () -> ioas.unmap(2 * P, -1L));
        refused(Errno.EOVERFLOW, () -> ioas.unmap(-P, 2 * P));
        refused(Errno.EOVERFLOW, () -> ioas.unmap(-1L, P));
        assertEquals(2, buffer.mappings());
        assertEquals(4 * P, ioas.unmap(P, 8 * P));
        ioas.map(FIXED, buffer, 0, 2 * P, -2 * P);
        assertEquals(2 * P, ioas.unmap(0, -1L));
        assertEquals(0, ioas.unmap(0, -1L));
    }

    @Test
    @Tag("D5-25")
    void idsThatDoNotExist() {
        Ioas ioas = iommufd.allocateIoas();
        refused(Errno.ENOENT, () -> iommufd.ioas(99));
        refused(Errno.ENOENT, () -> iommufd.destroy(99));
        refused(Errno.ENOENT, () -> iommufd.destroy(0));
        refused(Errno.ENOENT, () -> iommufd.allocatePageTable(0, ioas.id(), ioas.id()));
        refused(Errno.ENOENT, () -> iommufd.setDirtyTracking(ioas.id(), 1));
        refused(Errno.ENOENT, () -> iommufd.getDirtyBitmap(99, 0, 0, P, VfioBitmap.of(P, P)));
        refused(Errno.ENOENT, () -> iommufd.compatIoas(99));
        refused(Errno.ENOENT, () -> iommufd.option(Iommufd.OPTION_HUGE_PAGES, 99));
        assertSame(ioas, iommufd.ioas(ioas.id()));
        int device = bound();
        refused(Errno.ENOENT, () -> iommufd.allocatePageTable(0, device, device));
        refused(Errno.EOPNOTSUPP, () -> iommufd.allocatePageTable(1, device, ioas.id()));
        refused(Errno.EOPNOTSUPP, () -> iommufd.allocatePageTable(4, device, ioas.id()));
    }

    @Test
    void options() {
        refused(Errno.EINVAL, () -> iommufd.option(Iommufd.OPTION_RLIMIT_MODE, 0, 2));
        iommufd.option(Iommufd.OPTION_RLIMIT_MODE, 0, 1);
        assertEquals(1, iommufd.option(Iommufd.OPTION_RLIMIT_MODE, 0));
        refused(Errno.EOPNOTSUPP, () -> iommufd.option(2, 0));
        refused(Errno.EOPNOTSUPP, () -> iommufd.option(Iommufd.OPTION_RLIMIT_MODE, 1));
        Ioas ioas = iommufd.allocateIoas();
        refused(Errno.EBUSY, () -> iommufd.option(Iommufd.OPTION_RLIMIT_MODE, 0, 0));
        assertEquals(1, iommufd.option(Iommufd.OPTION_HUGE_PAGES, ioas.id()));
        refused(Errno.EINVAL, () -> iommufd.option(Iommufd.OPTION_HUGE_PAGES, ioas.id(), 2));
        iommufd.option(Iommufd.OPTION_HUGE_PAGES, ioas.id(), 0);
        assertEquals(0, iommufd.option(Iommufd.OPTION_HUGE_PAGES, ioas.id()));
        iommufd.option(Iommufd.OPTION_HUGE_PAGES, ioas.id(), 1);
        bound();
        direct.attach(ioas.id());
        ioas.map(RW, buffer, 0, P, 0);
        refused(Errno.EINVAL, () -> iommufd.option(Iommufd.OPTION_HUGE_PAGES, ioas.id(), 0));
    }

    @Test
    void dirtyPagesOfAPageTable() {
        int device = bound();
        Ioas ioas = iommufd.allocateIoas();
        ioas.map(FIXED, buffer, 0, 16 * P, 16 * P);
        ioas.map(FIXED, buffer, 0, 16 * P, 32 * P);
        int plain = direct.attach(ioas.id());
        refused(Errno.EOPNOTSUPP, () -> iommufd.setDirtyTracking(plain, 1));
        int table = iommufd.allocatePageTable(Iommufd.DIRTY_TRACKING, device, ioas.id());
        direct.attach(table);
        VfioBitmap bitmap = VfioBitmap.of(P, 32 * P);
        refused(Errno.EINVAL, () -> iommufd.getDirtyBitmap(table, 0, 16 * P, 32 * P, bitmap));
        refused(Errno.EOPNOTSUPP, () -> iommufd.setDirtyTracking(table, 2));
        iommufd.setDirtyTracking(table, Iommufd.DIRTY_TRACKING_ENABLE);
        lamp.endpoint.write(31 * P + 4000, ByteBuffer.allocate(200));
        iommufd.getDirtyBitmap(table, Iommufd.NO_CLEAR, 16 * P, 32 * P, bitmap);
        assertEquals(3 << 15, Long.reverseBytes(bitmap.data().getLong(0)));
        VfioBitmap coarse = VfioBitmap.of(4 * P, 32 * P);
        iommufd.getDirtyBitmap(table, 0, 16 * P, 32 * P, coarse);
        assertEquals(3 << 3, Long.reverseBytes(coarse.data().getLong(0)));
        iommufd.getDirtyBitmap(table, 0, 16 * P, 32 * P, bitmap); // sets bits, clears none
        assertEquals(3 << 15, Long.reverseBytes(bitmap.data().getLong(0)));
        refused(Errno.EINVAL, () -> iommufd.getDirtyBitmap(table, 0, 16 * P, 33 * P, VfioBitmap.of(P, 64 * P)));
        refused(Errno.EINVAL, () -> iommufd.getDirtyBitmap(table, 0, 15 * P, 2 * P, bitmap));
        refused(Errno.EINVAL, () -> iommufd.getDirtyBitmap(table, 0, 16 * P, 0, bitmap));
        refused(Errno.EINVAL, () -> iommufd.getDirtyBitmap(table, 0, 17 * P, 4 * P, coarse));
        refused(Errno.EINVAL, () -> iommufd.getDirtyBitmap(table, 0, 16 * P, P, new VfioBitmap(3, 8, bitmap.data())));
        refused(Errno.EINVAL, () -> iommufd.getDirtyBitmap(table, 0, 16 * P, P, null));
        refused(Errno.EFAULT, () -> iommufd.getDirtyBitmap(table, 0, 16 * P, 32 * P,
                new VfioBitmap(P, 8, ByteBuffer.allocate(4))));
        refused(Errno.EOVERFLOW, () -> iommufd.getDirtyBitmap(table, 0, -P, 2 * P, bitmap));
        refused(Errno.EOPNOTSUPP, () -> iommufd.getDirtyBitmap(table, 2, 16 * P, P, bitmap));
    }

    @Test
    void whatIsClosedStaysUntilItsDevicesLeave() {
        bound();
        Ioas ioas = iommufd.allocateIoas();
        ioas.map(FIXED, buffer, 0, P, P);
        direct.attach(ioas.id());
        iommufd.close();
        iommufd.close();
        refused(Errno.EBADF, iommufd::allocateIoas);
        assertTrue(lamp.endpoint.write32(P, 1));
        direct.close();
        assertEquals(0, buffer.mappings());
        assertFalse(lamp.endpoint.attached());
    }

    @Test
    void aRevokedDeviceLetsItsGroupGo() {
        bound();
        direct.attach(iommufd.allocateIoas().id());
        lamp.device.revoke();
        assertFalse(direct.isOpen());
        group.open(USER).close();
        refused(Errno.ENODEV, () -> direct.attach(1));
        assertFalse(lamp.endpoint.attached());
        direct.close();
    }
}
