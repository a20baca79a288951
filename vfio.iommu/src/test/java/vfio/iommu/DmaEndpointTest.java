// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import vfio.core.SharedMemory;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;
import vfio.iommu.DmaFault.Reason;

class DmaEndpointTest {
    private static final long P = 4096;

    private final List<DmaFault> faults = new ArrayList<>();
    private final DmaEndpoint endpoint = new DmaEndpoint("lamp0", DmaTraits.USUAL, faults::add);
    private final AddressSpace space = new AddressSpace(LockedMemory.unlimited());
    private final Domain domain = new Domain(space);
    private final DmaBuffer buffer = OwnedMemory.buffer(16 * P);

    private void attach() {
        space.add(domain);
        endpoint.attach(domain);
    }

    private void map(long iova, long size, int permissions, long offset) {
        space.insert(new Area(iova, iova + size - 1, permissions, PinnedPages.pin(buffer, offset, size, true, space.limit),
                0));
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 7 + 1);
        }
        return bytes;
    }

    @Test
    void withoutADomainEverythingIsBlocked() {
        ByteBuffer into = ByteBuffer.allocate(16);
        assertFalse(endpoint.read(0x1000, into));
        assertArrayEquals(new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}, into.array());
        assertFalse(endpoint.write(0x2000, ByteBuffer.allocate(3)));
        assertEquals(-1, endpoint.read32(0x3000));
        assertEquals(-1L, endpoint.read64(0x3001));
        assertFalse(endpoint.write32(0x4000, 1));
        assertFalse(endpoint.write64(0x4003, 1));
        assertEquals(List.of(new DmaFault("lamp0", 0x1000, 16, false, Reason.BLOCKED),
                new DmaFault("lamp0", 0x2000, 3, true, Reason.BLOCKED),
                new DmaFault("lamp0", 0x3000, 4, false, Reason.BLOCKED),
                new DmaFault("lamp0", 0x3001, 8, false, Reason.BLOCKED),
                new DmaFault("lamp0", 0x4000, 4, true, Reason.BLOCKED),
                new DmaFault("lamp0", 0x4003, 8, true, Reason.BLOCKED)), faults);
        assertEquals(6, endpoint.faults());
    }

    @Test
    void anAccessCrossesAreasThatTouch() {
        attach();
        map(4 * P, P, Area.READ | Area.WRITE, 9 * P);
        map(5 * P, 2 * P, Area.READ | Area.WRITE, 2 * P);
        map(7 * P, P, Area.READ | Area.WRITE, 0);
        byte[] sent = bytes((int) (3 * P));
        ByteBuffer from = ByteBuffer.wrap(sent);
        assertTrue(endpoint.write(4 * P + 100, from));
        assertFalse(from.hasRemaining());
        ByteBuffer into = ByteBuffer.allocateDirect(sent.length);
        assertTrue(endpoint.read(4 * P + 100, into));
        byte[] got = new byte[sent.length];
        into.get(0, got);
        assertArrayEquals(sent, got);
        assertEquals(sent[0], buffer.view().read8(9 * P + 100));
        assertEquals(sent[(int) (3 * P) - 100], buffer.view().read8(0));
        assertTrue(faults.isEmpty());
    }

    @Test
    void anAccessIsBlockedFromTheFirstByteOnThatIsNotReached() {
        attach();
        map(P, P, Area.READ | Area.WRITE, 0);
        map(3 * P, P, Area.READ | Area.WRITE, P);
        ByteBuffer into = ByteBuffer.allocate((int) (3 * P));
        assertFalse(endpoint.read(P, into));
        assertFalse(into.hasRemaining());
        assertEquals(0, into.get((int) P - 1));
        assertEquals(-1, into.get((int) P));
        assertEquals(-1, into.get((int) (3 * P) - 1));
        ByteBuffer from = ByteBuffer.wrap(bytes((int) (3 * P)));
        assertFalse(endpoint.write(P, from));
        assertEquals(from.get(5), buffer.view().read8(5));
        assertEquals(0, buffer.view().read8(P + 5));
        assertEquals(List.of(new DmaFault("lamp0", 2 * P, 2 * P, false, Reason.NOT_MAPPED),
                new DmaFault("lamp0", 2 * P, 2 * P, true, Reason.NOT_MAPPED)), faults);
    }

    @Test
    void permissionsAreKept() {
        attach();
        map(P, P, Area.READ, 0);
        map(2 * P, P, Area.WRITE, P);
        map(3 * P, P, 0, 2 * P);
        assertTrue(endpoint.read(P, ByteBuffer.allocate(4)));
        assertFalse(endpoint.write32(P, 5));
        assertTrue(endpoint.write32(2 * P, 5));
        assertEquals(-1, endpoint.read32(2 * P));
        assertEquals(-1, endpoint.read32(3 * P));
        assertFalse(endpoint.write32(3 * P, 5));
        assertEquals(0, buffer.view().read32(0));
        faults.forEach(fault -> assertEquals(Reason.NOT_PERMITTED, fault.reason()));
        assertEquals(4, faults.size());
    }

    @Test
    void anAccessDoesNotWrapAround() {
        attach();
        map(-P, P, Area.READ | Area.WRITE, 0);
        map(0, P, Area.READ | Area.WRITE, P);
        assertTrue(endpoint.write(-8, ByteBuffer.wrap(bytes(8))));
        assertFalse(endpoint.write(-4, ByteBuffer.wrap(bytes(8))));
        assertEquals(0, buffer.view().read32(P));
        assertEquals(List.of(new DmaFault("lamp0", 0, 4, true, Reason.OVERFLOW)), faults);
    }

    @Test
    void wordsAreLittleEndianAlignedOrNot() {
        attach();
        map(P, P, Area.READ | Area.WRITE, 3 * P);
        map(2 * P, P, Area.READ | Area.WRITE, 7 * P);
        assertTrue(endpoint.write64(P + 8, 0x8877665544332211L));
        assertEquals(0x8877665544332211L, buffer.view().read64(3 * P + 8));
        assertEquals(0x55443322, endpoint.read32(P + 9));
        assertTrue(endpoint.write32(2 * P - 2, 0xa1b2c3d4));
        assertEquals(0xa1b2c3d4, endpoint.read32(2 * P - 2));
        assertEquals((short) 0xa1b2, buffer.view().read16(7 * P));
        assertTrue(endpoint.write64(2 * P - 4, -2L));
        assertEquals(-2L, endpoint.read64(2 * P - 4));
    }

    @Test
    void memoryLargerThanAWindowIsCrossed() {
        DmaBuffer huge = new DmaBuffer(new HugeMemory(3L * SharedMemory.WINDOW));
        attach();
        space.insert(new Area(0, 3L * SharedMemory.WINDOW - 1, Area.READ | Area.WRITE,
                PinnedPages.pin(huge, 0, 3L * SharedMemory.WINDOW, true, space.limit), 0));
        assertTrue(endpoint.write(SharedMemory.WINDOW - 4, ByteBuffer.wrap(bytes(8))));
        ByteBuffer into = ByteBuffer.allocate(8);
        assertTrue(endpoint.read(2L * SharedMemory.WINDOW - 4, into)); // the windows are one
        assertArrayEquals(bytes(8), into.array());
    }

    @Test
    void aListenerThatThrowsDisturbsNobody() {
        DmaEndpoint odd = new DmaEndpoint("odd", DmaTraits.USUAL, fault -> {
            throw new StackOverflowError("listener");
        });
        assertEquals(-1, odd.read32(0));
        assertEquals(1, odd.faults());
    }

    @Test
    void anAccessAllocatesNothing() {
        attach();
        for (long i = 0; i < 500; i++) {
            map(i * 2 * P, P, Area.READ | Area.WRITE, i % 16 * P);
        }
        domain.track(true);
        ByteBuffer data = ByteBuffer.allocateDirect(64);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int run = 0; run < 20; run++) {
            long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
            for (long i = 0; i < 5_000; i++) {
                long iova = i % 500 * 2 * P + 64;
                endpoint.write(iova, data.clear());
                endpoint.read(iova, data.clear());
                endpoint.write32(iova, endpoint.read32(iova) + 1);
                endpoint.write64(iova, endpoint.read64(iova) + 1);
            }
            least = Math.min(least, threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before);
        }
        assertTrue(least < 5_000, least + " bytes for 30,000 accesses");
        assertEquals(0, endpoint.faults());
    }
}
