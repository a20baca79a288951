// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.ForwardingRegion;
import vfio.core.device.Region;
import vfio.pci.core.fake.FakeCard;

class VgaRegionTest {
    private static final Executor OWN_THREAD = task -> new Thread(task).start();
    private static final long MEMORY = 0xa0000;
    private static final long PORT = 0x3c0;

    private final PieceRecorder legacy = new PieceRecorder(0xc0000, 8);
    private final BoundFunction card = card();
    private final BoundFunction other = card();
    private final CountDownLatch inside = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);

    private BoundFunction card() {
        FakeCard function = new FakeCard(0x030000);
        function.raw.vga = legacy;
        return new BoundFunction(function);
    }

    /** The other card of the bus: its access stays inside until it is released, and then fails. */
    private Region stubborn() {
        other.neighbourhood.arbiter = card.neighbourhood.arbiter;
        other.function.raw.vga = new ForwardingRegion(legacy) {
            @Override
            public long read(long position, int width) {
                inside.countDown();
                try {
                    assertTrue(release.await(30, SECONDS));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                throw new VfioException(Errno.EIO, "broken");
            }
        };
        return other.open().region(8);
    }

    @AfterEach
    void end() {
        release.countDown();
        card.close();
        other.close();
    }

    /** Where it begins, and how many of 64 bytes are there. */
    @ParameterizedTest
    @CsvSource({"655360,64", "786428,4", "786431,1", "944,12", "952,4", "955,1", "960,32", "991,1"})
    @Tag("C4-29")
    void accessIsCutAtTheEndOfItsWindow(long position, int there) {
        Region vga = card.open().region(8);
        ByteBuffer bytes = ByteBuffer.allocate(64);
        assertEquals(there, vga.read(position, bytes));
        assertEquals(there, bytes.position());
        legacy.pieces.clear();
        assertEquals(there, vga.write(position, ByteBuffer.allocate(64)));
        assertEquals(there, legacy.pieces.stream().mapToInt(piece -> piece.charAt(1) - '0').sum());
        assertTrue(legacy.pieces.stream().noneMatch(piece -> piece.startsWith("w8")), legacy.pieces::toString);
    }

    private void heldFor(long position, long same, long elsewhere) throws Exception {
        Region first = stubborn();
        Region second = card.open().region(8);
        CompletableFuture<VfioException> holding = CompletableFuture.supplyAsync(
                () -> assertThrows(VfioException.class, () -> first.read8(position)), OWN_THREAD);
        assertTrue(inside.await(30, SECONDS));
        second.read8(elsewhere);
        assertEquals(List.of("r1@%x".formatted(elsewhere)), legacy.pieces, "the other kind has a lock of its own");
        CompletableFuture<Thread> waiting = new CompletableFuture<>();
        CompletableFuture<Byte> reading = CompletableFuture.supplyAsync(() -> {
            waiting.complete(Thread.currentThread());
            return second.read8(same);
        }, OWN_THREAD);
        Thread reader = waiting.get(30, SECONDS);
        await().until(() -> reader.getState() == Thread.State.WAITING || reading.isDone());
        assertFalse(reading.isDone(), "it waits for the other card's access");
        release.countDown();
        assertEquals((byte) 0x88, reading.get(30, SECONDS));
        assertEquals(Errno.EIO, holding.get(30, SECONDS).errno(), "and an access that fails gives the lock back too");
    }

    @Test
    @Tag("C4-30")
    void memoryIsReachedUnderTheArbitersLockForMemory() throws Exception {
        heldFor(MEMORY, 0xbffff, PORT);
    }

    @Test
    @Tag("C4-30")
    void portsAreReachedUnderTheArbitersLockForPorts() throws Exception {
        heldFor(PORT, 0x3b0, MEMORY);
    }
}
