// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;

/** Claimed bytes over the configuration space of another side, for several users at a time. */
class ConfigOverlayTest {
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private volatile Runnable inside = () -> { };
    private final ConfigOverlay overlay = new ConfigOverlay(new Below());

    /** Every byte reads as its position. */
    private final class Below implements RegionOperations {
        @Override
        public long size() {
            return 256;
        }

        @Override
        public long read(long position, int width) {
            calls.add("read %x+%d".formatted(position, width));
            inside.run();
            long value = 0;
            for (int i = width - 1; i >= 0; i--) {
                value = value << 8 | position + i & 0xff;
            }
            return value;
        }

        @Override
        public void write(long position, int width, long value) {
            calls.add("write %x+%d=%x".formatted(position, width, value));
            inside.run();
        }
    }

    private static <T> T elsewhere(Supplier<T> act) throws Exception {
        return CompletableFuture.supplyAsync(act, call -> new Thread(call).start()).get(10, TimeUnit.SECONDS);
    }

    private void block(Supplier<?> first, Supplier<Long> second, long expected) throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Thread[] blocked = new Thread[1];
        inside = () -> {
            if (Thread.currentThread() == blocked[0]) {
                entered.countDown();
                await(release);
            }
        };
        blocked[0] = new Thread(first::get);
        blocked[0].start();
        entered.await();
        try {
            assertEquals(expected, elsewhere(second));
        } finally {
            release.countDown();
            blocked[0].join();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Supplier<?> write(long position, int width) {
        return () -> {
            overlay.write(position, width, 0);
            return null;
        };
    }

    @Test
    void accessThatWaitsForTheOtherSideHoldsNobodyUp() throws Exception {
        overlay.claim(0xfc, (byte) 1, (byte) 2);
        for (Supplier<?> first : List.<Supplier<?>>of(() -> overlay.read(0x10, 4), () -> overlay.read(0xfc, 4),
                write(0x10, 4), write(0xfc, 4))) {
            overlay.write(0xfc, 2, 0x0201);
            block(first, () -> overlay.read(0x20, 4), 0x23222120L);
            overlay.write(0xfc, 2, 0x0201);
            block(first, () -> overlay.read(0xfe, 2), 0xfffeL);
        }
        overlay.write(0xfc, 2, 0x0201);
        block(() -> overlay.read(0xfc, 4), () -> overlay.read(0xfc, 4), 0xfffe0201L);
        block(() -> overlay.read(0x10, 1), () -> {
            overlay.claim(0x30, (byte) 7);
            return overlay.read(0x30, 1);
        }, 7);
    }

    @Test
    void unclaimedPieceGoesThereWholeAndAClaimedOneNotAtAll() {
        overlay.claim(4, (byte) 0xff, (byte) 0xee, (byte) 0xdd, (byte) 0xcc);
        overlay.claim(5, (byte) 0x55);
        assertEquals(0xccdd55ffL, overlay.read(4, 4));
        overlay.write(4, 4, 0xffffffffL);
        assertEquals(0xffffffffL, overlay.read(4, 4));
        assertEquals(List.of(), calls);
        assertEquals(0x03020100L, overlay.read(0, 4));
        overlay.write(8, 4, 0x80000000L);
        assertEquals(List.of("read 0+4", "write 8+4=80000000"), calls);
    }

    @Test
    void claimedDwordIsReadAsItWasWritten() throws Exception {
        overlay.claim(0x40, new byte[4]);
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 100_000; i++) {
                overlay.write(0x40, 4, i % 2 == 0 ? 0xffffffffL : 0);
            }
        }, call -> new Thread(call).start());
        while (!writer.isDone()) {
            long value = overlay.read(0x40, 4);
            assertTrue(value == 0 || value == 0xffffffffL, Long.toHexString(value));
        }
        writer.get();
    }

    @Test
    void claimOutsideIsEfaultAndChangesNothing() {
        for (int position : new int[] {-1, 253, 256, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertEquals(Errno.EFAULT,
                    assertThrows(VfioException.class, () -> overlay.claim(position, new byte[4])).errno());
        }
        assertEquals(0xfffefdfcL, overlay.read(0xfc, 4));
        assertEquals(List.of("read fc+4"), calls);
    }
}
