// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.iommu.Refusals.refused;
import static vfio.iommu.VfioContainer.MAP_READ;
import static vfio.iommu.VfioContainer.MAP_WRITE;
import static vfio.iommu.VfioContainer.TYPE1;
import static vfio.iommu.VfioContainer.TYPE1V2;
import static vfio.iommu.VfioContainer.UNMAP_ALL_FLAG;

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

class CompatIoasTest {
    private static final long P = 4096;
    private static final int RW = MAP_READ | MAP_WRITE;
    private static final VfioUser USER = TestMember.USER;

    private final Iommu iommu = new Iommu(new IommuSettings(false, true, 100, user -> true));
    private final LockedMemory limit = LockedMemory.unlimited();
    private final Iommufd iommufd = iommu.openIommufd(limit);
    private final TestMember lamp = new TestMember("lamp0");
    private final DmaBuffer buffer = OwnedMemory.buffer(64 * P);
    private final IommuGroup group = iommu.add(1, GroupType.IOMMU, lamp);

    @AfterEach
    void stop() {
        lamp.close();
    }

    @Test
    @Tag("D5-36")
    @Tag("D5-37")
    void theIoasOfContainersIsSetAndCleared() {
        refused(Errno.ENODEV, iommufd::compatIoas);
        refused(Errno.ENODEV, () -> iommufd.map(RW, buffer, 0, 0, P));
        refused(Errno.ENODEV, iommufd::info);
        refused(Errno.ENODEV, () -> iommufd.setIommu(TYPE1V2));
        refused(Errno.ENODEV, () -> iommufd.checkExtension(VfioContainer.DMA_CC));
        Ioas ioas = iommufd.allocateIoas();
        iommufd.compatIoas(ioas.id());
        assertEquals(ioas.id(), iommufd.compatIoas());
        iommufd.clearCompatIoas();
        refused(Errno.ENODEV, iommufd::compatIoas);
        iommufd.compatIoas(ioas.id());
        iommufd.destroy(ioas.id());
        refused(Errno.ENODEV, iommufd::compatIoas);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "3, 1", "9, 1", "8, 1", "4, 1", "6, 0", "10, 0", "2, 0", "5, 0", "7, 0", "99, 0"})
    @Tag("D5-38")
    @Tag("D5-39")
    @Tag("D5-40")
    void extensions(int number, int answer) {
        iommufd.compatIoas(iommufd.allocateIoas().id());
        assertEquals(answer, iommufd.checkExtension(number));
    }

    @Test
    @Tag("D5-41")
    @Tag("D5-42")
    @Tag("D5-43")
    void mapAndUnmapThroughAGroup() {
        GroupHandle handle = group.open(USER);
        handle.setContainer(iommufd);
        refused(Errno.EINVAL, () -> iommufd.setIommu(VfioContainer.TYPE1_NESTING));
        refused(Errno.EINVAL, () -> iommufd.setIommu(VfioContainer.NOIOMMU));
        iommufd.setIommu(TYPE1V2);
        refused(Errno.EINVAL, () -> iommufd.map(RW | VfioContainer.MAP_VADDR, buffer, 0, P, P));
        refused(Errno.EOVERFLOW, () -> iommufd.map(RW, buffer, -P, P, 2 * P));
        iommufd.map(RW, buffer, 0, P, 4 * P);
        assertFalse(lamp.endpoint.attached());
        DeviceHandle first = handle.getDevice("lamp0");
        DeviceHandle second = handle.getDevice("lamp0");
        assertTrue(lamp.endpoint.write32(P, 9));
        assertEquals(2, iommufd.info().ranges().size());
        for (int flag : new int[] {1, 3, 4, 5, 6, 8}) {
            refused(Errno.EINVAL, () -> iommufd.unmap(flag, 0, 0, VfioBitmap.of(P, P)));
        }
        refused(Errno.EINVAL, () -> iommufd.unmap(UNMAP_ALL_FLAG, P, 0, null));
        refused(Errno.ENOENT, () -> iommufd.unmap(P, P));
        assertEquals(0, iommufd.unmap(64 * P, P));
        refused(Errno.EINVAL, () -> iommufd.unmap(64 * P, 0));
        refused(Errno.ENOTTY, () -> iommufd.dirtyPages(1, 0, 0, null));
        assertEquals(4 * P, iommufd.unmap(UNMAP_ALL_FLAG, 0, 0, null));
        first.close();
        assertTrue(lamp.endpoint.attached());
        second.close();
        assertFalse(lamp.endpoint.attached());
        handle.unsetContainer();
    }

    @Test
    void type1MayCutMappings() {
        GroupHandle handle = group.open(USER);
        handle.setContainer(iommufd);
        iommufd.setIommu(TYPE1);
        iommufd.map(RW, buffer, 0, P, 8 * P);
        handle.getDevice("lamp0");
        assertEquals(2 * P, iommufd.unmap(3 * P, 2 * P));
        assertFalse(lamp.endpoint.write32(4 * P, 1));
        assertTrue(lamp.endpoint.write32(2 * P, 2));
        assertTrue(lamp.endpoint.write32(5 * P, 5));
        assertEquals(2, buffer.view().read32(P));
        assertEquals(5, buffer.view().read32(4 * P));
        assertEquals(8 * P, limit.locked());
        assertEquals(6 * P, iommufd.unmap(0, 16 * P));
        assertEquals(0, limit.locked());
        assertEquals(0, buffer.mappings());
    }

    @Test
    @Tag("D5-14")
    void viableDoesNotPromiseADevice() {
        GroupHandle handle = group.open(USER);
        lamp.use = GroupMember.Use.DRIVER;
        assertEquals(0, handle.status());
        handle.setContainer(iommufd);
        assertEquals(GroupHandle.VIABLE | GroupHandle.CONTAINER_SET, handle.status());
        refused(Errno.EPERM, () -> handle.getDevice("lamp0"));
        lamp.use = GroupMember.Use.VFIO;
        iommufd.clearCompatIoas();
        refused(Errno.ENODEV, () -> handle.getDevice("lamp0"));
        handle.unsetContainer();
        handle.setContainer(iommufd);
        handle.getDevice("lamp0").close();
        lamp.openFails = Errno.EIO;
        refused(Errno.EIO, () -> handle.getDevice("lamp0"));
        assertFalse(lamp.endpoint.attached());
    }

    @Test
    void groupsWithoutIommuTakeAnIommufdWithoutIoas() {
        TestMember bell = new TestMember("bell0");
        GroupHandle bare = iommu.add(5, GroupType.NO_IOMMU, bell).open(USER);
        bare.setContainer(iommufd);
        assertEquals(0, iommufd.checkExtension(TYPE1V2));
        refused(Errno.EINVAL, () -> iommufd.setIommu(TYPE1V2));
        iommufd.setIommu(VfioContainer.NOIOMMU);
        bare.getDevice("bell0").close();
        refused(Errno.EINVAL, () -> group.open(USER).setContainer(iommufd));
        iommufd.compatIoas(iommufd.allocateIoas().id());
        refused(Errno.EPERM, () -> bare.getDevice("bell0"));
        bell.close();
    }
}
