// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;

/** Devices' accesses against those who map and unmap at the same time. */
class DmaLifetimeTest {
    private static final long P = 4096;
    private static final int RW = VfioContainer.MAP_READ | VfioContainer.MAP_WRITE;
    private static final int ROUNDS = 3_000;
    private static final int THREADS = 3;

    private final Iommu iommu = new Iommu(IommuSettings.USUAL);
    private final LockedMemory limit = LockedMemory.unlimited();
    private final TestMember lamp = new TestMember("lamp0");
    private final IommuGroup group = iommu.add(1, GroupType.IOMMU, lamp);
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicLong reached = new AtomicLong();
    private final List<Thread> threads = new ArrayList<>();

    @AfterEach
    void end() throws InterruptedException {
        stop.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        lamp.close();
        assertNull(failure.get());
    }

    private void hammer(Runnable access) {
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> {
                try {
                    while (!stop.get()) {
                        access.run();
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            thread.start();
            threads.add(thread);
        }
    }

    private void awaitAccess(long more) {
        long before = reached.get();
        while (reached.get() < before + more && failure.get() == null) {
            Thread.onSpinWait();
        }
    }

    private VfioContainer container() {
        VfioContainer container = iommu.openContainer(limit);
        GroupHandle handle = group.open(TestMember.USER);
        handle.setContainer(container);
        container.setIommu(VfioContainer.TYPE1V2);
        return container;
    }

    /** The user reuses the memory at once: a late write of a device would stand in it. */
    @Test
    void afterAnUnmapTheMemoryIsTheUsers() {
        VfioContainer container = container();
        DmaBuffer buffer = OwnedMemory.buffer(P);
        ThreadLocal<ByteBuffer> ones = ThreadLocal.withInitial(() -> {
            ByteBuffer bytes = ByteBuffer.allocateDirect((int) P);
            while (bytes.hasRemaining()) {
                bytes.put((byte) 0x55);
            }
            return bytes;
        });
        hammer(() -> {
            boolean hit = lamp.endpoint.write(P, ones.get().clear());
            hit |= lamp.endpoint.write64(P + 64, 0x5555_5555_5555_5555L);
            if (hit) {
                reached.incrementAndGet();
            }
        });
        for (int round = 0; round < ROUNDS && failure.get() == null; round++) {
            container.map(RW, buffer, 0, P, P);
            if (round % 16 == 0) {
                awaitAccess(1);
            }
            assertEquals(P, container.unmap(P, P));
            for (int i = 0; i < P; i += 8) {
                buffer.view().write64(i, round);
            }
            for (int look = 0; look < 3; look++) {
                for (int i = 0; i < P; i += 8) {
                    assertEquals(round, buffer.view().read64(i), "a device wrote after the unmap");
                }
            }
        }
        assertTrue(reached.get() > 0);
    }

    /** Each buffer is freed by the unmap, and the freed one never has an access under way. */
    @Test
    void aBufferIsFreedOnceAndAfterItsLastAccess() {
        VfioContainer container = container();
        hammer(() -> {
            if (lamp.endpoint.write32(P, 1)) {
                reached.incrementAndGet();
            }
        });
        for (int round = 0; round < ROUNDS; round++) {
            OwnedMemory memory = new OwnedMemory((int) P);
            DmaBuffer buffer = new DmaBuffer(memory);
            container.map(RW, buffer, 0, P, P);
            buffer.close();
            assertEquals(false, memory.freed());
            container.unmap(0, 64 * P);
            assertTrue(memory.freed());
            memory.window(0).putInt(0, 0);
            assertEquals(0, memory.window(0).getInt(0));
        }
        assertEquals(0, limit.locked());
    }

    @Test
    void whatMovedIsNotWrittenAnyMore() {
        VfioContainer container = container();
        DmaBuffer[] buffers = {OwnedMemory.buffer(P), OwnedMemory.buffer(P)};
        container.map(RW, buffers[0], 0, P, P);
        hammer(() -> {
            if (lamp.endpoint.write32(P, -1)) {
                reached.incrementAndGet();
            }
        });
        for (int round = 1; round <= ROUNDS; round++) {
            container.unmap(VfioContainer.UNMAP_VADDR, P, P, null);
            container.map(VfioContainer.MAP_VADDR, buffers[round % 2], 0, P, P);
            buffers[1 - round % 2].view().write32(0, round);
            if (round % 16 == 0) {
                awaitAccess(1);
            }
            assertEquals(round, buffers[1 - round % 2].view().read32(0));
        }
    }

    /** A bit may come late, never get lost: what was read as clean has not changed since. */
    @Test
    void noWriteIsWithoutItsMark() {
        VfioContainer container = container();
        DmaBuffer buffer = OwnedMemory.buffer(4 * P);
        container.map(RW, buffer, 0, 0, 4 * P);
        hammer(() -> {
            long page = reached.incrementAndGet() % 4;
            lamp.endpoint.write64(page * P, reached.get());
        });
        for (int round = 0; round < ROUNDS / 30; round++) {
            container.dirtyPages(VfioContainer.DIRTY_PAGES_START, 0, 0, null);
            long[] copy = new long[4];
            for (int page = 0; page < 4; page++) {
                copy[page] = buffer.view().read64(page * P);
            }
            awaitAccess(4);
            boolean[] dirty = new boolean[4];
            for (int pass = 0; pass < 3; pass++) {
                VfioBitmap bitmap = VfioBitmap.of(P, 4 * P);
                container.dirtyPages(VfioContainer.DIRTY_PAGES_GET_BITMAP, 0, 4 * P, bitmap);
                for (int page = 0; page < 4; page++) {
                    dirty[page] |= bitmap.isSet(page);
                }
            }
            VfioBitmap last = VfioBitmap.of(P, 4 * P);
            long[] end = new long[4];
            for (int page = 0; page < 4; page++) {
                end[page] = buffer.view().read64(page * P);
            }
            container.unmap(VfioContainer.UNMAP_GET_DIRTY_BITMAP, 0, 4 * P, last);
            for (int page = 0; page < 4; page++) {
                assertTrue(end[page] == copy[page] || dirty[page] || last.isSet(page), "page " + page);
            }
            container.dirtyPages(VfioContainer.DIRTY_PAGES_STOP, 0, 0, null);
            container.map(RW, buffer, 0, 0, 4 * P);
        }
    }

    @Test
    void afterADetachTheDeviceReachesNothing() {
        Iommufd iommufd = iommu.openIommufd(limit);
        DirectHandle direct = group.openDirect("lamp0", TestMember.USER);
        direct.bind(iommufd, 0);
        DmaBuffer[] buffers = {OwnedMemory.buffer(P), OwnedMemory.buffer(P)};
        Ioas[] spaces = {iommufd.allocateIoas(), iommufd.allocateIoas()};
        for (int i = 0; i < 2; i++) {
            spaces[i].map(Ioas.FIXED_IOVA | Ioas.READABLE | Ioas.WRITEABLE, buffers[i], 0, P, P);
        }
        hammer(() -> {
            if (lamp.endpoint.write32(P, -1)) {
                reached.incrementAndGet();
            }
        });
        for (int round = 0; round < ROUNDS; round++) {
            direct.attach(spaces[round % 2].id());
            buffers[1 - round % 2].view().write32(0, round);
            if (round % 16 == 0) {
                awaitAccess(1);
            }
            assertEquals(round, buffers[1 - round % 2].view().read32(0));
            if (round % 5 == 0) {
                direct.detach();
                buffers[round % 2].view().write32(0, round);
                assertEquals(round, buffers[round % 2].view().read32(0));
            }
        }
        direct.close();
        iommufd.close();
        assertEquals(0, buffers[0].mappings() + buffers[1].mappings());
        assertEquals(0, limit.locked());
    }

    @Test
    void manyUsersMapAtOnce() throws InterruptedException {
        VfioContainer container = container();
        DmaBuffer buffer = OwnedMemory.buffer(P);
        List<Thread> users = new ArrayList<>();
        for (int user = 0; user < 4; user++) {
            long base = (long) user << 32;
            Thread thread = new Thread(() -> {
                try {
                    for (long i = 0; i < ROUNDS; i++) {
                        container.map(RW, buffer, 0, base + i * P, P);
                        if (i % 2 == 1) {
                            assertEquals(2 * P, container.unmap(base + (i - 1) * P, 2 * P));
                        }
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            thread.start();
            users.add(thread);
        }
        for (Thread user : users) {
            user.join();
        }
        assertEquals(65_535, container.info().dmaAvail());
        assertEquals(0, buffer.mappings());
    }
}
