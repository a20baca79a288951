// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;
import vfio.iommu.GroupHandle;
import vfio.iommu.Iommu;
import vfio.iommu.VfioContainer;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.internal.slot.Functions;

/** Functions in the groups of the core's IOMMU, and their way to memory. */
class IommuMembersTest {
    private static final String CARD = BoundCard.NAME;
    private static final int GROUP = BoundCard.GROUP;
    private static final VfioUser USER = BoundCard.USER;

    private final BoundCard bound = new BoundCard();
    private final TestCore core = bound.core;
    private final Iommu iommu = core.programs.iommu();

    @AfterEach
    void end() {
        bound.close();
    }

    @Test
    void functionReachesWhatItsGroupsContainerMaps() {
        SharedMemory memory = SharedMemory.ofProcess(4096);
        GroupHandle group = iommu.group(GROUP).open(USER);
        VfioContainer container = iommu.openContainer(LockedMemory.unlimited());
        group.setContainer(container);
        container.setIommu(VfioContainer.TYPE1V2);
        container.map(VfioContainer.MAP_READ | VfioContainer.MAP_WRITE, new DmaBuffer(memory), 0, 0x10000, 4096);
        DeviceHandle device = group.getDevice(CARD);
        try (device) {
            bound.dma.write(0x10010, ByteBuffer.wrap(new byte[] {1, 2, 3, 4}));
            assertEquals(0x04030201, memory.window(0).getInt(0x10));
            container.unmap(0x10000, 4096);
            ByteBuffer nines = ByteBuffer.wrap(new byte[] {9, 9, 9, 9});
            assertEquals(Errno.EFAULT, TestCore.errno(() -> bound.dma.write(0x10010, nines)));
            assertEquals(0x04030201, memory.window(0).getInt(0x10));
            assertEquals(1, core.events("dma-fault").size());
        }
        assertNull(bound.dma, "a closed function masters no bus");
    }

    @Test
    void functionOpenedWithoutAnAddressSpaceReachesNothing() {
        DeviceHandle device = core.programs.open(CARD, USER);
        try (device) {
            assertEquals(Errno.EFAULT, TestCore.errno(() -> bound.dma.read(0, ByteBuffer.allocate(4))));
        }
    }

    @Test
    void groupWithAFunctionThatItsDriverUsesItselfIsNotViable() {
        GroupHandle group = iommu.group(GROUP).open(USER);
        assertEquals(GroupHandle.VIABLE, group.status() & GroupHandle.VIABLE);
        core.plug("0000:01:00.1", 3, 4);
        core.arrives(FakeDriver.ordinary("owner", "0003:0004").owner());
        core.rematch("0000:01:00.1");
        assertEquals(0, group.status() & GroupHandle.VIABLE);
    }

    @Test
    void functionThatIsUnpluggedLeavesItsGroup() {
        core.bus.unplug(bound.function);
        assertEquals(Errno.ENOENT, TestCore.errno(() -> iommu.group(GROUP)));
    }
}
