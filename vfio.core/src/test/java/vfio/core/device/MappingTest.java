// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.SharedMemory;

class MappingTest {
    @Test
    void readsWhatWasWrittenInEveryWidthLittleEndian() {
        Mapping mapping = new Mapping(new TestMemory(4096));
        mapping.write64(0, 0x8877665544332211L);
        assertEquals(0x11, mapping.read8(0));
        assertEquals((short) 0x8877, mapping.read16(6));
        assertEquals(0x44332211, mapping.read32(0));
        mapping.write8(8, (byte) 0xfe);
        mapping.write16(10, (short) 0xabcd);
        mapping.write32(12, 0x01020304);
        assertEquals(0x01020304abcd00feL, mapping.read64(8));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void refusesWhatLeavesItOrIsUnaligned(int width) {
        Mapping mapping = new Mapping(new TestMemory(64));
        assertThrows(IndexOutOfBoundsException.class, () -> read(mapping, width, 64));
        assertThrows(IndexOutOfBoundsException.class, () -> read(mapping, width, -width));
        assertThrows(IndexOutOfBoundsException.class, () -> read(mapping, width, Long.MAX_VALUE - width + 1));
        assertThrows(IndexOutOfBoundsException.class, () -> read(mapping, width, Long.MIN_VALUE));
        assertEquals(0, read(mapping, width, 64 - width));
        if (width > 1) {
            assertThrows(IndexOutOfBoundsException.class, () -> read(mapping, width, 1));
            assertThrows(IndexOutOfBoundsException.class, () -> read(mapping, width, 64 - width + 1));
        }
    }

    @Test
    void smallerThanTheAccessIsRefused() {
        Mapping mapping = new Mapping(new TestMemory(2));
        assertThrows(IndexOutOfBoundsException.class, () -> mapping.read32(0));
        assertEquals(0, mapping.read16(0));
    }

    @Test
    void secondWindowIsReachedFromOneGibibyteOn() {
        ByteBuffer first = ByteBuffer.allocateDirect(16);
        ByteBuffer second = ByteBuffer.allocateDirect(16);
        Mapping mapping = new Mapping(new TestMemory(SharedMemory.WINDOW + 16, first, second));
        mapping.write32(SharedMemory.WINDOW, 0x1234);
        mapping.write8(SharedMemory.WINDOW + 15, (byte) 7);
        assertEquals(0x34, second.get(0));
        assertEquals(7, second.get(15));
        assertEquals(0, first.get(0));
        assertThrows(IndexOutOfBoundsException.class, () -> mapping.read8(SharedMemory.WINDOW + 16));
    }

    @Test
    void exactlyOneWindowHasNoSecond() {
        Mapping mapping = new Mapping(new TestMemory(SharedMemory.WINDOW, ByteBuffer.allocateDirect(8)));
        assertEquals(0, mapping.read64(0));
        assertEquals(SharedMemory.WINDOW, mapping.size());
    }

    @Test
    void partBeginsAndEndsWithinItsWindow() {
        TestMemory memory = new TestMemory(4096);
        memory.window(0).put(1024, (byte) 7).put(2047, (byte) 8).put(2048, (byte) 9);
        Mapping part = new Mapping(memory, 1024, 1024);
        assertEquals(7, part.read8(0));
        assertEquals(8, part.read8(1023));
        assertThrows(IndexOutOfBoundsException.class, () -> part.read8(1024));
        assertThrows(IndexOutOfBoundsException.class, () -> part.write32(1024, 1));
    }

    @Test
    void offsetBeyondAnIntIsNoneWithinIt() {
        Mapping mapping = new Mapping(new TestMemory(64));
        assertThrows(IndexOutOfBoundsException.class, () -> mapping.read32(1L << 32));
        assertThrows(IndexOutOfBoundsException.class, () -> mapping.write32(8 + (1L << 32), 1));
        assertEquals(0, mapping.read32(8));
    }

    @Test
    void blockedAnswersAsRevokedUntilUnblockedAndNeverAfterRevoke() {
        Mapping mapping = new Mapping(new TestMemory(64));
        mapping.write32(0, 5);
        mapping.block();
        mapping.write32(0, 6);
        assertEquals(-1, mapping.read32(0));
        mapping.unblock();
        assertEquals(5, mapping.read32(0));
        mapping.block();
        mapping.revoke();
        mapping.unblock();
        assertEquals(-1, mapping.read32(0));
    }

    @Test
    void revokedReadsAllOnesAndDropsWrites() {
        TestMemory memory = new TestMemory(64);
        Mapping mapping = new Mapping(memory);
        mapping.write64(0, 5);
        mapping.revoke();
        mapping.write8(0, (byte) 9);
        mapping.write16(0, (short) 9);
        mapping.write32(0, 9);
        mapping.write64(0, 9);
        assertEquals(-1, mapping.read8(0));
        assertEquals(-1, mapping.read16(0));
        assertEquals(-1, mapping.read32(0));
        assertEquals(-1, mapping.read64(0));
        assertEquals(5, memory.window(0).get(0));
        assertThrows(IndexOutOfBoundsException.class, () -> mapping.read8(64));
    }

    @Test
    void racingReadersSeeOnlyMemoryThenOnlyOnes() throws Exception {
        Mapping mapping = new Mapping(new TestMemory(64));
        mapping.write64(0, 42);
        ExecutorService readers = Executors.newFixedThreadPool(4);
        CountDownLatch reading = new CountDownLatch(4);
        Future<?>[] results = new Future<?>[4];
        for (int i = 0; i < results.length; i++) {
            results[i] = readers.submit(() -> {
                reading.countDown();
                long value;
                do {
                    value = mapping.read64(0);
                    assertTrue(value == 42 || value == -1, "read " + value);
                } while (value == 42);
                for (int n = 0; n < 1000; n++) {
                    assertEquals(-1, mapping.read64(0));
                }
            });
        }
        reading.await();
        mapping.revoke();
        for (Future<?> result : results) {
            result.get();
        }
        readers.shutdown();
    }

    private static long read(Mapping mapping, int width, long offset) {
        return switch (width) {
            case 1 -> mapping.read8(offset);
            case 2 -> mapping.read16(offset);
            case 4 -> mapping.read32(offset);
            default -> mapping.read64(offset);
        };
    }
}
