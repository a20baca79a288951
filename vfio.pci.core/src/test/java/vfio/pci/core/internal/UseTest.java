// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.device.DeviceHandle;
import vfio.core.device.VfioUser;
import vfio.pci.core.bus.DmaAccess;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.internal.slot.Functions;
import vfio.pci.core.user.DmaMemory;
import vfio.pci.core.user.FunctionHandle;

/** Functions of a raw bus as programs use them: the core makes the way to memory. */
class UseTest {
    private static final String CARD = BoundCard.NAME;
    private static final VfioUser USER = BoundCard.USER;
    private static final VfioUser OTHER = VfioUser.named("another");

    private final BoundCard bound = new BoundCard();
    private final TestCore core = bound.core;

    @AfterEach
    void end() {
        bound.close();
    }

    private int read(long iova) {
        ByteBuffer bytes = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
        bound.dma.read(iova, bytes);
        return bytes.getInt(0);
    }

    @Test
    void functionReachesItsMemoryAndNoOther() {
        try (FunctionHandle card = core.programs.use("test/1:0.0", USER)) {
            DmaMemory memory = card.dma(8192);
            memory.view().write32(8188, 0x1234);
            assertEquals(0x1234, read(memory.iova() + 8188));
            bound.dma.write(memory.iova(), ByteBuffer.wrap(new byte[] {1, 2, 3, 4}));
            assertEquals(0x04030201, memory.view().read32(0));
            assertEquals(Errno.EFAULT, TestCore.errno(() -> read(memory.iova() + 8192)));
            DmaAccess kept = bound.dma;
            memory.close();
            assertEquals(Errno.EFAULT, TestCore.errno(() -> kept.read(memory.iova(), ByteBuffer.allocate(4))));
            assertEquals(-1, memory.view().read32(0));
            assertEquals(CARD, card.name());
        }
        assertNull(bound.dma, "a closed function masters no bus");
    }

    @Test
    void groupIsOneUsersAtATime() {
        FunctionHandle first = core.programs.use(CARD, USER);
        assertEquals(Errno.EBUSY, TestCore.errno(() -> core.programs.use(CARD, OTHER)));
        first.close();
        first.close();
        core.programs.use(CARD, OTHER).close();
        assertEquals(List.of(), core.admin.function(CARD).users());
    }

    @Test
    void functionsOfAGroupShareTheMemoryOfTheirUser() {
        core.plug("0000:01:00.1", 1, 2);
        core.admin.bind("0000:01:00.1", "gen", false);
        FunctionHandle card = core.programs.use(CARD, USER);
        FunctionHandle neighbour = core.programs.use("0000:01:00.1", USER);
        DmaMemory memory = card.dma(4096);
        DmaMemory neighbours = neighbour.dma(4096);
        assertNotEquals(memory.iova(), neighbours.iova());
        memory.view().write32(0, 1);
        neighbours.view().write32(0, 2);
        assertEquals(1, read(memory.iova()));
        assertEquals(2, read(neighbours.iova()));
        neighbour.close();
        neighbour.close();
        assertEquals(Errno.EFAULT, TestCore.errno(() -> read(neighbours.iova())));
        assertEquals(1, read(memory.iova()), "the group stays for the other");
        assertEquals(Errno.EBUSY, TestCore.errno(() -> core.programs.use("0000:01:00.1", OTHER)));
        card.close();
        assertFalse(core.programs.iommu().group(1).inUse());
        core.programs.use("0000:01:00.1", OTHER).close();
    }

    @Test
    void useThatFailsLetsTheGroupGo() {
        assertEquals(Errno.EINVAL, TestCore.errno(() -> core.programs.use(CARD + " nonsense=1", USER)));
        core.admin.unbind(CARD);
        assertEquals(Errno.ENODEV, TestCore.errno(() -> core.programs.use(CARD, USER)));
        core.admin.bind(CARD, "gen", false);
        core.programs.use(CARD, USER).close();
    }

    @Test
    void neighbourThatUsesItselfKeepsTheGroup() {
        core.plug("0000:01:00.1", 3, 4);
        core.arrives(FakeDriver.ordinary("owner", "0003:0004").owner());
        core.rematch("0000:01:00.1");
        assertEquals(Errno.EPERM, TestCore.errno(() -> core.programs.use(CARD, USER)));
        assertFalse(core.programs.iommu().group(1).inUse());
    }

    @Test
    void functionWithoutAnIommuHasNoMemory() {
        FakeFunction function = new FakeFunction("0000:02:00.0", 1, 2);
        function.group = OptionalInt.empty();
        core.bus.plug(function);
        core.admin.bind("0000:02:00.0", "gen", false);
        try (FunctionHandle card = core.programs.use("0000:02:00.0", USER)) {
            assertEquals(Errno.EOPNOTSUPP, TestCore.errno(() -> card.dma(4096)));
            card.bar(0);
        }
    }

    @Test
    void functionThatIsPulledOutEndsEverythingAtOnce() {
        FunctionHandle card = core.programs.use(CARD, USER);
        DmaMemory memory = card.dma(4096);
        core.bus.unplug(bound.function);
        assertFalse(card.isOpen());
        assertEquals(Errno.ENODEV, TestCore.errno(() -> card.dma(4096)));
        assertEquals(Errno.ENODEV, TestCore.errno(card::enableBusMaster));
        memory.close();
        card.close();
        assertEquals(-1, memory.view().read32(0));
    }

    @Test
    void functionThatIsUnboundUnderItsUserFreesItsGroup() {
        Thread user = new Thread(() -> core.admin.unbind(CARD));
        FunctionHandle card = core.programs.use(CARD, new VfioUser() {
            @Override
            public String name() {
                return "polite";
            }

            @Override
            public void requested(DeviceHandle handle) {
                handle.close();
            }
        });
        card.dma(4096);
        user.start();
        await().atMost(Duration.ofSeconds(30)).until(() -> !card.isOpen());
        card.close();
        await().until(() -> !user.isAlive());
        core.admin.bind(CARD, "gen", false);
        core.programs.use(CARD, USER).close();
    }

    @Test
    void functionIsShownWhileItIsOpenedAndClosed() throws Exception {
        FutureTask<Void> user = new FutureTask<>(() -> {
            for (int i = 0; i < 2_000; i++) {
                core.programs.open(CARD, USER).close();
            }
        }, null);
        new Thread(user).start();
        while (!user.isDone()) {
            String migration = core.admin.function(CARD).migration();
            assertTrue(migration == null || migration.contains("gen"), migration);
        }
        user.get();
    }
}
