// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.iommu.GroupHandle.CONTAINER_SET;
import static vfio.iommu.GroupHandle.VIABLE;
import static vfio.iommu.Refusals.refused;
import static vfio.iommu.VfioContainer.MAP_READ;
import static vfio.iommu.VfioContainer.MAP_WRITE;
import static vfio.iommu.VfioContainer.NOIOMMU;
import static vfio.iommu.VfioContainer.TYPE1;
import static vfio.iommu.VfioContainer.TYPE1V2;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
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

class GroupTest {
    private static final int RW = MAP_READ | MAP_WRITE;
    private static final VfioUser USER = TestMember.USER;
    private static final VfioUser ROOT = VfioUser.named("root");

    private final Iommu iommu = new Iommu(new IommuSettings(false, true, 100, user -> user == ROOT));
    private final LockedMemory limit = LockedMemory.unlimited();
    private final TestMember lamp = new TestMember("lamp0");
    private final TestMember bell = new TestMember("bell0");
    private final DmaBuffer buffer = OwnedMemory.buffer(4096);
    private final IommuGroup group = iommu.add(1, GroupType.IOMMU, lamp);

    @AfterEach
    void stop() {
        lamp.close();
        bell.close();
    }

    private VfioContainer container() {
        return iommu.openContainer(limit);
    }

    private GroupHandle attached(VfioContainer container) {
        GroupHandle handle = group.open(USER);
        handle.setContainer(container);
        container.setIommu(TYPE1V2);
        return handle;
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "2, 0, 0", "3, 1, 1", "4, 0, 1", "5, 0, 0", "6, 1, 1", "7, 0, 0", "8, 1, 0", "9, 1, 1",
        "10, 0, 1", "0, 0, 0", "-1, 0, 0", "99, 0, 0"})
    @Tag("D3-1")
    @Tag("D3-2")
    @Tag("D3-3")
    @Tag("D3-4")
    @Tag("D3-5")
    @Tag("D3-6")
    @Tag("D3-7")
    @Tag("D3-8")
    @Tag("D3-9")
    void extensionsBeforeAndAfterAnIommuIsSet(int number, int before, int after) {
        VfioContainer container = container();
        assertEquals(before, container.checkExtension(number));
        attached(container);
        assertEquals(after, container.checkExtension(number));
    }

    @Test
    void extensionsDependOnWhatIsIn() {
        VfioContainer container = container();
        attached(container);
        TestMember other = new TestMember("other", new DmaTraits(List.of(), IovaRange.ALL, true, false, true));
        GroupHandle second = iommu.add(2, GroupType.IOMMU, other).open(USER);
        second.setContainer(container);
        assertEquals(0, container.checkExtension(VfioContainer.DMA_CC));
        second.unsetContainer();
        assertEquals(1, container.checkExtension(VfioContainer.DMA_CC));
        GroupHandle soft = iommu.add(3, GroupType.EMULATED_IOMMU, bell).open(USER);
        soft.setContainer(container);
        assertEquals(0, container.checkExtension(VfioContainer.UPDATE_VADDR));
        container.map(RW, buffer, 0, 0, 4096);
        refused(Errno.EBUSY, () -> container.unmap(VfioContainer.UNMAP_VADDR, 0, 4096, null));
        soft.unsetContainer();
        assertEquals(4096, container.unmap(VfioContainer.UNMAP_VADDR, 0, 4096, null));
        VfioContainer strict = new Iommu(IommuSettings.USUAL).openContainer(limit);
        assertEquals(0, strict.checkExtension(NOIOMMU));
        other.close();
    }

    @Test
    @Tag("D3-11")
    void aGroupIsOpenedOnce() {
        GroupHandle handle = group.open(USER);
        refused(Errno.EBUSY, () -> group.open(USER));
        handle.close();
        handle.close();
        refused(Errno.EBADF, handle::status);
        refused(Errno.EBADF, () -> handle.setContainer(container()));
        refused(Errno.EBADF, () -> handle.getDevice("lamp0"));
        refused(Errno.EBADF, handle::unsetContainer);
        group.open(USER).close();
    }

    @Test
    @Tag("D3-12")
    void aGroupIsNotOpenedBesideADirectUser() {
        try (Iommufd iommufd = iommu.openIommufd(limit)) {
            DirectHandle direct = group.openDirect("lamp0", USER);
            group.open(USER).close();
            direct.bind(iommufd, 0);
            refused(Errno.EBUSY, () -> group.open(USER));
            direct.close();
            group.open(USER).close();
        }
    }

    @Test
    @Tag("D3-13")
    void withoutIommuTheRightToRawIoIsNeeded() {
        IommuGroup bare = iommu.add(5, GroupType.NO_IOMMU, bell);
        refused(Errno.EPERM, () -> bare.open(USER));
        VfioContainer container = container();
        GroupHandle handle = bare.open(ROOT);
        handle.setContainer(container);
        assertEquals(0, container.checkExtension(TYPE1V2));
        assertEquals(1, container.checkExtension(NOIOMMU));
        refused(Errno.ENODEV, () -> container.setIommu(TYPE1V2));
        container.setIommu(NOIOMMU);
        refused(Errno.ENOTTY, () -> container.map(RW, buffer, 0, 0, 4096));
        refused(Errno.ENOTTY, container::info);
        try (DeviceHandle device = handle.getDevice("bell0")) {
            assertEquals(DeviceInfo.PLATFORM, device.info().flags());
            assertEquals(-1, bell.endpoint.read32(0), "nothing translates");
        }
        refused(Errno.EINVAL, () -> new Iommu(IommuSettings.USUAL).add(5, GroupType.NO_IOMMU, lamp));
    }

    @ParameterizedTest
    @CsvSource({"VFIO, 1", "UNBOUND, 1", "MANAGED_DMA, 1", "DRIVER, 0"})
    @Tag("D3-14")
    @Tag("D3-15")
    @Tag("D3-16")
    @Tag("D3-17")
    void viableIsAGroupWithoutDriversOfTheHost(GroupMember.Use use, int status) {
        bell.use = use;
        iommu.add(1, GroupType.IOMMU, bell);
        GroupHandle handle = group.open(USER);
        assertEquals(status, handle.status());
        if (status == VIABLE) {
            handle.setContainer(container());
        } else {
            refused(Errno.EPERM, () -> handle.setContainer(container()));
        }
    }

    @Test
    @Tag("D3-18")
    @Tag("D3-19")
    @Tag("D3-27")
    void theContainerIsSetOnceAndUnset() {
        GroupHandle handle = group.open(USER);
        refused(Errno.EINVAL, handle::unsetContainer);
        handle.setContainer(container());
        assertEquals(VIABLE | CONTAINER_SET, handle.status());
        refused(Errno.EINVAL, () -> handle.setContainer(container()));
        handle.unsetContainer();
        assertEquals(VIABLE, handle.status());
        handle.setContainer(container());
    }

    @Test
    @Tag("D3-20")
    @Tag("D3-21")
    void whatIsNoContainerIsRefused() {
        GroupHandle handle = group.open(USER);
        VfioContainer closed = container();
        closed.close();
        Iommufd closedToo = iommu.openIommufd(limit);
        closedToo.close();
        refused(Errno.EBADF, () -> handle.setContainer(closed));
        refused(Errno.EBADF, () -> handle.setContainer(closedToo));
        refused(Errno.EBADF, () -> handle.setContainer(null));
        refused(Errno.EBADFD, () -> handle.setContainer(handle));
        refused(Errno.EBADFD, () -> handle.setContainer(() -> { }));
        refused(Errno.EBADF, () -> closed.checkExtension(1));
        refused(Errno.EBADF, () -> closed.setIommu(TYPE1));
        refused(Errno.EBADF, closed::info);
    }

    @Test
    @Tag("D3-22")
    void realGroupsAndThoseWithoutIommuDoNotMix() {
        GroupHandle bare = iommu.add(5, GroupType.NO_IOMMU, bell).open(ROOT);
        GroupHandle real = group.open(USER);
        VfioContainer first = container();
        first.close();
        VfioContainer container = container();
        real.setContainer(container);
        refused(Errno.EPERM, () -> bare.setContainer(container));
        real.unsetContainer();
        bare.setContainer(container);
        refused(Errno.EPERM, () -> real.setContainer(container));
        assertEquals(VIABLE, real.status());
        bare.unsetContainer();
        real.setContainer(container);
    }

    @Test
    @Tag("D3-23")
    @Tag("D3-24")
    @Tag("D5-12")
    void oneOwnerHasTheGroup() throws Exception {
        GroupHandle handle = group.open(USER);
        AutoCloseable host = group.useDefaultDomain();
        assertEquals(0, handle.status());
        refused(Errno.EPERM, () -> handle.setContainer(container()));
        host.close();
        host.close();
        handle.setContainer(container());
        refused(Errno.EBUSY, group::useDefaultDomain);
        handle.unsetContainer();
        group.useDefaultDomain().close();
        handle.close();
        try (Iommufd iommufd = iommu.openIommufd(limit)) {
            DirectHandle direct = group.openDirect("lamp0", USER);
            direct.bind(iommufd, 0);
            refused(Errno.EBUSY, group::useDefaultDomain);
            direct.close();
        }
        group.useDefaultDomain().close();
    }

    @Test
    @Tag("D3-25")
    @Tag("D3-26")
    void foreignDomainsAndPasidsKeepTheGroup() {
        GroupHandle handle = group.open(USER);
        lamp.foreign = true;
        refused(Errno.EBUSY, () -> handle.setContainer(container()));
        lamp.foreign = false;
        lamp.pasids = true;
        refused(Errno.EBUSY, () -> handle.setContainer(container()));
        lamp.pasids = false;
        handle.setContainer(container());
    }

    @Test
    @Tag("D3-28")
    void theContainerStaysWhileADeviceIsOpen() {
        GroupHandle handle = attached(container());
        DeviceHandle first = handle.getDevice("lamp0");
        DeviceHandle second = handle.getDevice("lamp0");
        refused(Errno.EBUSY, handle::unsetContainer);
        first.close();
        refused(Errno.EBUSY, handle::unsetContainer);
        second.close();
        second.close();
        handle.unsetContainer();
    }

    /** Whichever way a device is opened, the device knows whether its user waits while a driver is exchanged. */
    @Test
    void theDeviceKnowsWhetherItsUserWaits() {
        VfioUser server = new VfioUser() {
            @Override
            public String name() {
                return "server of many";
            }

            @Override
            public boolean waits() {
                return false;
            }
        };
        for (VfioUser user : List.of(USER, server)) {
            VfioContainer container = container();
            GroupHandle handle = group.open(user);
            handle.setContainer(container);
            container.setIommu(TYPE1V2);
            try (DeviceHandle device = handle.getDevice("lamp0")) {
                assertEquals(user.waits(), device.waits());
            }
            handle.close();
            try (Iommufd iommufd = iommu.openIommufd(limit); DirectHandle direct = group.openDirect("lamp0", user)) {
                direct.bind(iommufd, 0);
                assertEquals(user.waits(), direct.waits());
            }
        }
    }

    @Test
    @Tag("D3-29")
    @Tag("D3-30")
    @Tag("D3-31")
    @Tag("D3-34")
    @Tag("D3-35")
    void devicesThatAreNotGiven() {
        GroupHandle handle = group.open(USER);
        VfioContainer container = container();
        refused(Errno.ENODEV, () -> handle.getDevice("bell0"));
        refused(Errno.EINVAL, () -> handle.getDevice("lamp0"));
        handle.setContainer(container);
        refused(Errno.EINVAL, () -> handle.getDevice("lamp0"));
        container.setIommu(TYPE1V2);
        refused(Errno.ENODEV, () -> handle.getDevice("lamp"));
        refused(Errno.ENODEV, () -> handle.getDevice(""));
        refused(Errno.EACCES, () -> handle.getDevice("lamp0 token=no"));
        refused(Errno.EINVAL, () -> handle.getDevice("lamp0 twice token=yes token=yes"));
        refused(Errno.EINVAL, () -> handle.getDevice("lamp0 colour=red"));
        lamp.openFails = Errno.EIO;
        refused(Errno.EIO, () -> handle.getDevice("lamp0"));
        handle.unsetContainer();
        assertFalse(lamp.device.inUse());
    }

    @Test
    @Tag("D3-32")
    @Tag("D3-33")
    void oneDeviceHasManyHandles() {
        GroupHandle handle = attached(container());
        try (DeviceHandle first = handle.getDevice("lamp0"); DeviceHandle second = handle.getDevice("lamp0 token=yes")) {
            assertEquals("lamp0", first.deviceName());
            assertTrue(first.isOpen() && second.isOpen());
            assertEquals(1, lamp.opens);
        }
        assertEquals(1, lamp.closes);
    }

    @Test
    @Tag("D3-36")
    @Tag("D3-37")
    @Tag("D3-38")
    void theIommuIsSetOnceForGroups() {
        VfioContainer container = container();
        refused(Errno.EINVAL, () -> container.setIommu(TYPE1V2));
        refused(Errno.EINVAL, container::info);
        refused(Errno.EINVAL, () -> container.map(RW, buffer, 0, 0, 4096));
        GroupHandle handle = group.open(USER);
        handle.setContainer(container);
        for (int type : new int[] {0, 2, 4, 7, 8, 99}) {
            refused(Errno.ENODEV, () -> container.setIommu(type));
        }
        refused(Errno.EINVAL, () -> container.setIommu(VfioContainer.TYPE1_NESTING));
        container.setIommu(TYPE1);
        refused(Errno.EINVAL, () -> container.setIommu(TYPE1));
        refused(Errno.EINVAL, () -> container.setIommu(TYPE1V2));
        handle.unsetContainer();
        refused(Errno.EINVAL, () -> container.setIommu(TYPE1V2));
        handle.setContainer(container);
        container.setIommu(TYPE1V2);
    }

    @Test
    @Tag("D3-39")
    void theLastGroupTakesTheMappingsAlong() {
        VfioContainer container = container();
        GroupHandle handle = attached(container);
        container.map(RW, buffer, 0, 4096, 4096);
        GroupHandle second = iommu.add(2, GroupType.IOMMU, bell).open(USER);
        second.setContainer(container);
        assertTrue(bell.endpoint.write32(4096, 5));
        handle.unsetContainer();
        assertFalse(lamp.endpoint.write32(4096, 5));
        assertTrue(bell.endpoint.write32(4096, 5));
        second.unsetContainer();
        assertFalse(bell.endpoint.write32(4096, 5));
        assertEquals(0, buffer.mappings());
        assertEquals(0, limit.locked());
        handle.setContainer(container);
        container.setIommu(TYPE1V2);
        assertEquals(100, container.info().dmaAvail());
    }

    @Test
    void groupContainerAndDeviceCloseInAnyOrder() {
        VfioContainer container = container();
        GroupHandle handle = attached(container);
        container.map(RW, buffer, 0, 4096, 4096);
        DeviceHandle device = handle.getDevice("lamp0");
        container.close();
        buffer.close();
        handle.close();
        assertTrue(lamp.endpoint.write32(4096, 5), "the device is still open");
        refused(Errno.EBUSY, () -> group.open(USER));
        device.close();
        assertFalse(lamp.endpoint.attached());
        assertEquals(0, buffer.mappings());
        group.open(USER).close();
    }

    @Test
    void aRevokedDeviceHoldsNothing() {
        GroupHandle handle = attached(container());
        DeviceHandle device = handle.getDevice("lamp0");
        handle.close();
        lamp.device.revoke();
        assertFalse(device.isOpen());
        refused(Errno.ENODEV, device::info);
        iommu.remove(1, "lamp0");
        assertFalse(lamp.endpoint.attached());
        device.close();
        refused(Errno.ENOENT, () -> iommu.group(1));
        refused(Errno.ENODEV, () -> group.open(USER));
    }

    @Test
    void devicesOfAGroupShareItsDomain() {
        VfioContainer container = container();
        attached(container);
        container.map(RW, buffer, 0, 4096, 4096);
        TestMember stranger = new TestMember("stranger");
        iommu.add(2, GroupType.IOMMU, stranger);
        iommu.add(1, GroupType.IOMMU, bell); // appears while the group is attached
        assertTrue(lamp.endpoint.write32(4096, 1));
        assertTrue(bell.endpoint.write32(4096, 2));
        assertFalse(stranger.endpoint.write32(4096, 3));
        iommu.remove(1, "bell0");
        assertFalse(bell.endpoint.write32(4096, 2));
        assertEquals(List.of("lamp0"), group.memberNames());
        assertEquals(DmaFault.Reason.BLOCKED, stranger.faults.get(0).reason());
        stranger.close();
    }

    @Test
    void membersAreAddedOnce() {
        refused(Errno.EEXIST, () -> iommu.add(1, GroupType.IOMMU, lamp));
        refused(Errno.EINVAL, () -> iommu.add(1, GroupType.NO_IOMMU, bell));
        assertSame(group, iommu.group(1));
        assertEquals(List.of(group), iommu.groups());
        iommu.remove(1, "nobody");
        iommu.remove(77, "nobody");
    }

    @Test
    void theUserIsAskedForTheHandleItHas() {
        AtomicReference<DeviceHandle> asked = new AtomicReference<>();
        VfioUser user = new VfioUser() {
            @Override
            public String name() {
                return "asked";
            }

            @Override
            public void requested(DeviceHandle handle) {
                asked.set(handle);
            }
        };
        GroupHandle handle = group.open(user);
        VfioContainer container = container();
        handle.setContainer(container);
        container.setIommu(TYPE1V2);
        DeviceHandle device = handle.getDevice("lamp0");
        assertEquals(List.of("asked"), lamp.device.askUsers());
        Awaitility.await().until(() -> asked.get() != null);
        assertSame(device, asked.get());
        asked.get().close();
        handle.unsetContainer();
    }
}
