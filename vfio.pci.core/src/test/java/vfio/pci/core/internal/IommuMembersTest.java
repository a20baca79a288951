// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.DeviceHandle;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioUser;
import vfio.core.iommu.DmaBuffer;
import vfio.core.iommu.GroupHandle;
import vfio.core.iommu.Iommu;
import vfio.core.iommu.LockedMemory;
import vfio.core.iommu.VfioContainer;
import vfio.pci.core.bus.DmaAccess;

/** Functions in the groups of the core's IOMMU, and their way to memory. */
class IommuMembersTest {
    private static final String CARD = "0000:01:00.0";
    private static final int GROUP = 1;
    private static final VfioUser USER = VfioUser.named("user");

    private final TestCore core = new TestCore();
    private final DmaAccess[] dma = new DmaAccess[1];
    private FakeFunction function;
    private Iommu iommu;

    @BeforeEach
    void bind() {
        function = core.plug(CARD, 1, 2);
        function.raw = new FakeHardware(function) {
            @Override
            public void dma(DmaAccess memory) {
                dma[0] = memory;
            }
        };
        core.arrives(FakeDriver.flagged("gen", "*:*"));
        core.admin.bind(CARD, "gen", false);
        iommu = core.admin.iommu();
    }

    @AfterEach
    void end() {
        core.close();
    }

    private static Errno refused(Runnable access) {
        return TestCore.errno(() -> {
            access.run();
            return null;
        });
    }

    private static SharedMemory memory() {
        ByteBuffer bytes = ByteBuffer.allocateDirect(4096).order(ByteOrder.LITTLE_ENDIAN);
        return new SharedMemory() {
            @Override
            public long size() {
                return bytes.capacity();
            }

            @Override
            public ByteBuffer window(int index) {
                return bytes;
            }

            @Override
            public void close() {
            }
        };
    }

    @Test
    void functionReachesWhatItsGroupsContainerMaps() {
        SharedMemory memory = memory();
        GroupHandle group = iommu.group(GROUP).open(USER);
        VfioContainer container = iommu.openContainer(LockedMemory.unlimited());
        group.setContainer(container);
        container.setIommu(VfioContainer.TYPE1V2);
        container.map(VfioContainer.MAP_READ | VfioContainer.MAP_WRITE, new DmaBuffer(memory), 0, 0x10000, 4096);
        DeviceHandle device = group.getDevice(CARD);
        try (device) {
            dma[0].write(0x10010, ByteBuffer.wrap(new byte[] {1, 2, 3, 4}));
            assertEquals(0x04030201, memory.window(0).getInt(0x10));
            container.unmap(0x10000, 4096);
            assertEquals(Errno.EFAULT, refused(() -> dma[0].write(0x10010, ByteBuffer.wrap(new byte[] {9, 9, 9, 9}))));
            assertEquals(0x04030201, memory.window(0).getInt(0x10));
            assertEquals(1, core.events("dma-fault").size());
        }
        assertNull(dma[0], "a closed function masters no bus");
    }

    @Test
    void functionOpenedWithoutAnAddressSpaceReachesNothing() {
        DeviceHandle device = core.admin.open(CARD, USER);
        try (device) {
            assertEquals(Errno.EFAULT, refused(() -> dma[0].read(0, ByteBuffer.allocate(4))));
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
        core.bus.unplug(function);
        assertEquals(Errno.ENOENT, TestCore.errno(() -> iommu.group(GROUP)));
    }
}
