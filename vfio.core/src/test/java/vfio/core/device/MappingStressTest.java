// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;

/** Four threads that read and write a mapping in every width while it is taken away and given back. */
class MappingStressTest {
    private static final int THREADS = 4;
    private static final int ROUNDS = 10_000;
    private static final int SIZE = 4096;
    /** Every byte of the memory, for ever: whoever writes writes this. */
    private static final long PATTERN = 0x5a5a_5a5a_5a5a_5a5aL;
    private static final long ONES = -1;

    private final TestDriver driver = new TestDriver();
    private final DriverWorker worker = new DriverWorker("acme", fault -> { });
    private final DeviceSet.Registry sets = new DeviceSet.Registry();
    private final VfioDevice device = device();
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final AtomicLong accesses = new AtomicLong();

    /** One mapping of many. */
    private static final class Round {
        final Mapping mapping;
        volatile boolean revoked;

        Round(Mapping mapping) {
            this.mapping = mapping;
        }
    }

    private VfioDevice device() {
        return new VfioDevice("0000:01:00.0", sets, "slot", driver, worker, Duration.ofMinutes(1), () -> { });
    }

    @BeforeEach
    void fill() {
        for (int at = 0; at < SIZE; at += Long.BYTES) {
            driver.memory.window(0).putLong(at, PATTERN);
        }
    }

    @AfterEach
    void end() {
        threads.shutdownNow();
        device.revoke();
        worker.close();
        assertEquals(0, sets.size());
        assertEquals(driver.opens.get(), driver.closes.get());
    }

    private static long ones(int width) {
        return ONES >>> Long.SIZE - Byte.SIZE * width;
    }

    /** Answers what was read, without the bits above the width. */
    private long access(Mapping mapping, int step, long written) {
        int width = 1 << (step & 3);
        long offset = (long) step * 8 % SIZE;
        long value = mapping.read(offset, width);
        mapping.write(offset, width, written & ones(width));
        accesses.incrementAndGet();
        return value == ones(width) ? ONES : value == (PATTERN & ones(width)) ? PATTERN : foreign(value, width, offset);
    }

    private static long foreign(long value, int width, long offset) {
        throw new AssertionError("%x in %d bytes at %d".formatted(value, width, offset));
    }

    private List<Future<?>> hammer(Runnable loop) {
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            all.add(threads.submit(loop));
        }
        return all;
    }

    private static void join(List<Future<?>> all) throws Exception {
        for (Future<?> one : all) {
            one.get();
        }
    }

    private void assertMemoryUntouched() {
        for (int at = 0; at < SIZE; at += Long.BYTES) {
            assertEquals(PATTERN, driver.memory.window(0).getLong(at));
        }
    }

    /** Each way a mapping ends: by its user, with its handle, with the device. */
    @Test
    void tenThousandRevocationsGiveAllOnesForEverAfterwards() throws Exception {
        List<Round> ended = new ArrayList<>();
        AtomicReference<Round> current = new AtomicReference<>();
        VfioDevice[] leaving = {device()};
        Round first = new Round(leaving[0].open(VfioUser.named("first")).map(0));
        current.set(first);
        List<Future<?>> all = hammer(() -> {
            for (int step = 0; current.get() != null; step++) {
                Round round = current.get();
                if (round != null) {
                    readOnce(round, step);
                }
            }
        });
        Round before = first;
        for (int n = 0; n < ROUNDS; n++) {
            awaitAccesses(n);
            Runnable revoke = switch (n % 3) {
                case 0 -> before.mapping::close;
                case 1 -> leaving[0]::cutOff;
                default -> leaving[0]::revoke;
            };
            revoke.run();
            before.revoked = true;
            ended.add(before);
            leaving[0].revoke();
            leaving[0] = device();
            before = open(leaving[0]);
            current.set(before);
        }
        leaving[0].revoke();
        before.revoked = true;
        current.set(null);
        join(all);
        assertEnded(ended);
    }

    private static Round open(VfioDevice of) {
        return new Round(of.open(VfioUser.named("user")).map(0));
    }

    /** A thread that has seen the revocation reads ones, and what it writes then goes nowhere. */
    private void readOnce(Round round, int step) {
        boolean ended = round.revoked;
        long value = access(round.mapping, step, ended ? 0x77 : PATTERN);
        assertTrue(!ended || value == ONES, "memory after the revocation");
    }

    /** So that each round is hammered. */
    private void awaitAccesses(int round) {
        while (accesses.get() <= round) {
            Thread.yield();
        }
    }

    private void assertEnded(List<Round> ended) {
        assertEquals(ROUNDS, ended.size());
        for (Round round : ended) {
            assertEquals(ONES, round.mapping.read64(0));
            assertEquals(-1, round.mapping.read8(SIZE - 1));
        }
        assertMemoryUntouched();
    }

    /** Odd while blocked for sure, a multiple of four while open for sure, else between. */
    private volatile int phase;

    private void check(Mapping mapping, int step) {
        int before = phase;
        long value = access(mapping, step, PATTERN);
        VarHandle.fullFence();
        if (before == phase) {
            assertTrue((before & 1) == 0 || value == ONES, "memory while blocked");
            assertTrue((before & 3) != 0 || value == PATTERN, "all ones while open");
        }
    }

    private void check(Region region, int step) {
        int before = phase;
        long value;
        try {
            value = region.read32((long) step * 4 % SIZE);
        } catch (VfioException e) {
            assertEquals(Errno.EIO, e.errno());
            value = ONES;
        }
        VarHandle.fullFence();
        assertTrue(value == ONES || value == (int) PATTERN, "another value");
        if (before == phase) {
            assertEquals((before & 1) != 0 || (before & 3) != 0 && value == ONES ? ONES : (int) PATTERN, value);
        }
    }

    @Test
    void tenThousandBlocksGiveAllOnesAndThenTheMemoryAgain() throws Exception {
        DeviceHandle handle = device.open(VfioUser.named("user"));
        Mapping mapping = handle.map(0);
        Region region = handle.region(0);
        List<Future<?>> all = hammer(() -> {
            for (int step = 0; phase >= 0; step++) {
                check(mapping, step);
                check(region, step);
            }
        });
        for (int n = 0; n < ROUNDS; n++) {
            awaitAccesses(n);
            phase = 4 * n + 2;
            device.block(1);
            phase = 4 * n + 3;
            assertEquals(ONES, mapping.read64(0));
            phase = 4 * n + 2;
            device.unblock(1);
            phase = 4 * n + 4;
            assertEquals(PATTERN, mapping.read64(0));
        }
        phase = -2;
        join(all);
        assertMemoryUntouched();
        handle.close();
        assertEquals(ONES, mapping.read64(0));
        assertEquals(Errno.ENODEV, assertThrows(VfioException.class, () -> region.read32(0)).errno());
    }

    /** A revocation wins over every block and unblock that races with it. */
    @Test
    void unblockNeverBringsARevokedMappingBack() throws Exception {
        DeviceHandle handle = device.open(VfioUser.named("user"));
        AtomicReference<Round> current = new AtomicReference<>(new Round(handle.map(0)));
        List<Future<?>> all = hammer(() -> {
            for (int step = 0; current.get() != null; step++) {
                Round round = current.get();
                if (round != null) {
                    readOnce(round, step);
                }
            }
        });
        Thread switching = new Thread(() -> {
            for (Round seen = null; current.get() != null;) {
                device.block(1);
                device.unblock(1);
                while (current.get() == seen) {
                    Thread.yield(); // monitors are not fair: leave the other its turn
                }
                seen = current.get();
            }
        });
        switching.start();
        for (int n = 0; n < ROUNDS / 10; n++) {
            Round round = current.get();
            round.mapping.revoke();
            round.revoked = true;
            current.set(new Round(handle.map(0)));
            assertEquals(ONES, round.mapping.read64(0));
        }
        current.set(null);
        switching.join();
        join(all);
        assertMemoryUntouched();
    }

    /** Also of mappings that are made while the handle is taken away. */
    @Test
    void whoSeesThatTheHandleIsStaleReadsOnes() throws Exception {
        for (int n = 0; n < ROUNDS / 10; n++) {
            VfioDevice leaving = device();
            DeviceHandle handle = leaving.open(VfioUser.named("user"));
            AtomicReference<Mapping> newest = new AtomicReference<>(handle.map(0));
            List<Future<?>> all = new ArrayList<>();
            all.add(threads.submit(() -> {
                while (handle.isOpen()) {
                    Thread.onSpinWait();
                }
                assertEquals(ONES, newest.get().read64(0), "memory of a stale handle");
            }));
            all.add(threads.submit(() -> {
                while (handle.isOpen()) {
                    mapOnce(handle, newest);
                }
            }));
            leaving.revoke();
            join(all);
        }
    }

    private static void mapOnce(DeviceHandle handle, AtomicReference<Mapping> newest) {
        try {
            newest.set(handle.map(0));
        } catch (VfioException e) {
            assertEquals(Errno.ENODEV, e.errno());
        }
    }
}
