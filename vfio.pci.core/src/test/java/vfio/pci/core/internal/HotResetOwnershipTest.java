// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.core.dma.LockedMemory;
import vfio.iommu.DirectHandle;
import vfio.iommu.GroupHandle;
import vfio.iommu.Iommu;
import vfio.iommu.Iommufd;
import vfio.iommu.VfioContainer;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.fake.FakeBus;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.fake.FakeHardware;
import vfio.pci.core.fake.FakeLines;
import vfio.pci.core.id.HotResetInfo;
import vfio.pci.core.id.HotResetInfo.Dependent;

/** Whose functions are that a hot reset would reset: by group handles, or by the iommufd of a handle opened directly. */
class HotResetOwnershipTest {
    private static final String FIRST = "0000:01:00.0";
    private static final String SECOND = "0000:01:00.1";
    private static final String THIRD = "0000:01:00.2";
    private static final VfioUser USER = VfioUser.named("qemu");
    private static final VfioUser OTHER = VfioUser.named("another");

    private final TestCore core = new TestCore();
    private final SharedBus bus = new SharedBus(core);
    private Iommu iommu;
    private Iommufd iommufd;

    /** The third is of the first's group, the second of its own. */
    @BeforeEach
    void bind() {
        bus.plug(FIRST, 1);
        bus.plug(SECOND, 2);
        bus.plug(THIRD, 1);
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        List.of(FIRST, SECOND, THIRD).forEach(name -> core.admin.bind(name, "gen", false));
        iommu = core.programs.iommu();
        iommufd = iommu.openIommufd(LockedMemory.unlimited());
    }

    @AfterEach
    void end() {
        core.close();
    }

    private DirectHandle direct(String name, int group, VfioUser user, Iommufd into) {
        DirectHandle device = iommu.group(group).openDirect(name, user);
        device.bind(into, 0);
        return device;
    }

    private GroupHandle group(int number, VfioUser user) {
        return iommu.group(number).open(user);
    }

    /** A function of a group, in a container of its own. */
    private DeviceHandle opened(GroupHandle group, String name) {
        VfioContainer container = iommu.openContainer(LockedMemory.unlimited());
        group.setContainer(container);
        container.setIommu(VfioContainer.TYPE1V2);
        return group.getDevice(name);
    }

    private HotResetInfo info(DeviceHandle handle) {
        return core.programs.hotResetInfo(handle);
    }

    private List<Integer> ids(DeviceHandle handle) {
        return info(handle).dependents().stream().map(Dependent::id).toList();
    }

    private Errno refused(DeviceHandle handle, AutoCloseable... owned) {
        return TestCore.errno(() -> core.programs.hotReset(handle, List.of(owned)));
    }

    private void resets(DeviceHandle handle, AutoCloseable... owned) {
        int before = bus.resets.get();
        core.programs.hotReset(handle, List.of(owned));
        assertEquals(before + 1, bus.resets.get());
    }

    @Test
    @Tag("C7-16")
    @Tag("C7-17")
    @Tag("C7-18")
    @Tag("C7-19")
    void directHandleSeesIdsOfItsIommufdAndOwnsByThem() {
        DirectHandle first = iommu.group(1).openDirect(FIRST, USER);
        int one = first.bind(iommufd, 0);
        DirectHandle second = iommu.group(2).openDirect(SECOND, OTHER);
        int two = second.bind(iommufd, 0);
        assertEquals(HotResetInfo.DEV_ID | HotResetInfo.DEV_ID_OWNED, info(first).flags());
        assertEquals(List.of(one, two, HotResetInfo.OWNED), ids(first), "the third is of the first's group");
        assertEquals(ids(first), ids(second));
        resets(first);
        DirectHandle third = iommu.group(1).openDirect(THIRD, USER);
        int three = third.bind(iommufd, 0);
        assertEquals(List.of(one, two, three), ids(first));
        resets(third);
    }

    @Test
    @Tag("C7-16")
    @Tag("C7-20")
    @Tag("C7-31")
    void functionOfAnotherIommufdIsNotOwned() {
        DirectHandle first = direct(FIRST, 1, USER, iommufd);
        int own = ids(first).get(0);
        assertEquals(List.of(own, HotResetInfo.NOT_OWNED, HotResetInfo.OWNED), ids(first), "nobody has the second");
        assertEquals(HotResetInfo.DEV_ID, info(first).flags());
        assertEquals(Errno.EINVAL, refused(first));
        Iommufd another = iommu.openIommufd(LockedMemory.unlimited());
        DirectHandle second = direct(SECOND, 2, USER, another);
        assertEquals(List.of(own, HotResetInfo.NOT_OWNED, HotResetInfo.OWNED), ids(first), "the same user is not enough");
        assertEquals(Errno.EINVAL, refused(first));
        assertEquals(Errno.EINVAL, refused(second));
        second.close();
        direct(SECOND, 2, OTHER, iommufd);
        resets(first);
    }

    @Test
    @Tag("C7-20")
    void functionThatIsNoVfioDeviceIsNotOwned() {
        DirectHandle first = direct(FIRST, 1, USER, iommufd);
        direct(SECOND, 2, USER, iommufd);
        core.admin.unbind(THIRD);
        assertEquals(HotResetInfo.NOT_OWNED, ids(first).get(2), "though it is of the first's group");
        assertEquals(HotResetInfo.DEV_ID, info(first).flags());
        assertEquals(Errno.EINVAL, refused(first));
    }

    @Test
    void deviceOfAGroupWhoseContainerIsTheIommufdHasAnIdToo() {
        DirectHandle first = direct(FIRST, 1, USER, iommufd);
        GroupHandle group = group(2, USER);
        group.setContainer(iommufd);
        group.getDevice(SECOND);
        assertEquals(HotResetInfo.DEV_ID | HotResetInfo.DEV_ID_OWNED, info(first).flags());
        resets(first);
    }

    @Test
    void handleThatIsNotBoundIsEinval() {
        DirectHandle first = iommu.group(1).openDirect(FIRST, USER);
        assertEquals(Errno.EINVAL, TestCore.errno(() -> info(first)));
        assertEquals(Errno.EINVAL, refused(first));
        first.bind(iommufd, 0);
        info(first);
        first.close();
        assertEquals(Errno.ENODEV, TestCore.errno(() -> info(first)));
    }

    @Test
    void directHandleWithoutAnIommufdOwnsWhatItsUserHas() {
        DeviceHandle first = core.programs.openDirect(FIRST, USER);
        assertEquals(List.of(HotResetInfo.OWNED, HotResetInfo.NOT_OWNED, HotResetInfo.OWNED), ids(first));
        assertEquals(HotResetInfo.DEV_ID, info(first).flags());
        core.programs.openDirect(SECOND, USER);
        assertEquals(HotResetInfo.DEV_ID | HotResetInfo.DEV_ID_OWNED, info(first).flags());
        resets(first);
    }

    @Test
    @Tag("C7-29")
    @Tag("C7-30")
    void groupHandlesProveAllThatIsInTheirGroups() {
        GroupHandle one = group(1, USER);
        GroupHandle two = group(2, USER);
        DeviceHandle first = opened(one, FIRST);
        assertEquals(0, info(first).flags());
        assertEquals(List.of(1, 2, 1), ids(first));
        assertEquals(Errno.EINVAL, refused(first, one), "the second's group is not given");
        resets(first, one, two);
        resets(first, first, two);
    }

    /** As a face does that has file descriptors for handles. */
    @Test
    @Tag("C7-12")
    @Tag("C7-14")
    void askedAndDoneInBytes() {
        Map<Integer, GroupHandle> descriptors = Map.of(8, group(1, USER), 9, group(2, USER));
        DeviceHandle first = opened(descriptors.get(8), FIRST);
        ByteBuffer header = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putInt(0, 12);
        assertEquals(Errno.ENOSPC, TestCore.errno(() -> info(first).encode(header)));
        int size = HotResetInfo.bytes(header.getInt(8));
        ByteBuffer struct = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).putInt(0, size);
        info(first).encode(struct);
        assertEquals(List.of(1, 0x00010000, 2, 0x01010000, 1, 0x02010000), IntStream.range(3, 9)
                .mapToObj(i -> struct.getInt(i * 4)).toList());
        ByteBuffer request = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN).putInt(0, 20).putInt(8, 2).putInt(12, 8)
                .putInt(16, 9);
        resets(first, HotResetInfo.groups(request).stream().map(descriptors::get).toArray(GroupHandle[]::new));
    }

    @Test
    @Tag("C7-26")
    @Tag("C7-27")
    void closedGroupIsEbadfAndWhatIsNoneIsEinval() {
        GroupHandle one = group(1, USER);
        GroupHandle two = group(2, USER);
        DeviceHandle first = opened(one, FIRST);
        two.close();
        assertEquals(Errno.EBADF, refused(first, one, two));
        assertEquals(Errno.EINVAL, refused(first, one, iommufd));
        DeviceHandle direct = core.programs.openDirect(SECOND, USER);
        assertEquals(Errno.EINVAL, refused(first, one, direct), "it stands for no group");
        direct.close();
        DirectHandle second = direct(SECOND, 2, USER, iommufd);
        assertEquals(Errno.EINVAL, refused(first, one, second));
        assertEquals(0, bus.resets.get());
    }

    /** A handle beside the IOMMU proves nothing against who has the group. */
    @Test
    void handleBesideTheGroupDoesNotMakeItsFunctionsOnes() {
        GroupHandle two = group(2, OTHER);
        DeviceHandle first = core.programs.open(FIRST, USER);
        DeviceHandle second = core.programs.open(SECOND, USER);
        assertEquals(Errno.EINVAL, refused(first, first, second), "another has opened group 2");
        two.close();
        resets(first, first, second);
        DeviceHandle third = core.programs.open(THIRD, OTHER);
        assertEquals(Errno.EINVAL, refused(first, first, second), "another uses the third");
        resets(first, first, second, third);
        third.close();
        resets(first, first, second);
    }

    /** A function is known by its handle, not by a name that another bus may have too. */
    @Test
    void functionOfTheSameAddressOnAnotherBusIsAnother() {
        FakeBus host = new FakeBus("host", Virtualization.HOST);
        host.plug(new FakeFunction(FIRST, 1, 2));
        core.core.addBus(host);
        DirectHandle first = direct(FIRST, 1, USER, iommufd);
        assertEquals(3, info(first).dependents().size());
        direct(SECOND, 2, USER, iommufd);
        resets(first);
    }

    /** Groups are those that users open: a bus's own numbers may be another's. */
    @Test
    void groupsAreTheNumbersByWhichTheyAreOpened() {
        FakeBus second = new FakeBus("second", Virtualization.RAW);
        FakeFunction function = new FakeFunction("0000:02:00.0", 1, 2);
        function.raw = new FakeHardware(FakeLines.none(), 4096) {
            @Override
            public boolean busResettable() {
                return true;
            }
        };
        second.plug(function);
        core.core.addBus(second);
        core.admin.bind("0000:02:00.0", "gen", false);
        DeviceHandle handle = core.programs.open("0000:02:00.0", USER);
        int group = ids(handle).get(0);
        assertEquals(List.of("0000:02:00.0"), iommu.group(group).memberNames());
        handle.close();
    }
}
