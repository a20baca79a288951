// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.pci.core.id.IrqIndex.INTX;
import static vfio.pci.core.id.IrqIndex.MSIX;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.EventCounter;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.pci.core.fake.FakeLines;
import vfio.pci.core.internal.irq.Interrupts.Counts;

/** Devices that raise while users change everything. */
class InterruptStressTest {
    private static final int DEVICES = 4;
    private static final int ROUNDS = 10_000;
    private static final Duration LONG = Duration.ofSeconds(30);

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicBoolean stop = new AtomicBoolean();
    private final List<Future<?>> running = new ArrayList<>();

    @AfterEach
    void end() {
        stop.set(true);
        threads.shutdownNow();
    }

    private void untilStopped(Runnable act) {
        running.add(threads.submit(() -> {
            while (!stop.get()) {
                act.run();
            }
        }));
    }

    private void stop() throws Exception {
        stop.set(true);
        for (Future<?> thread : running) {
            thread.get(30, TimeUnit.SECONDS);
        }
    }

    private static Interrupts of(FakeLines lines) {
        return new Interrupts(new Counts(true, 4, 8, true), lines, lines.mask());
    }

    /** Four vectors are raised while each is wired to one counter, to another, and to none. */
    @Test
    void everyMessageIsSeenByTheSignalBeforeItOrAfterIt() throws Exception {
        FakeLines lines = new FakeLines();
        Interrupts interrupts = of(lines);
        AtomicLongArray seen = new AtomicLongArray(DEVICES);
        EventSignal[][] signals = new EventSignal[2][DEVICES];
        for (int i = 0; i < DEVICES; i++) {
            int vector = i;
            signals[0][i] = EventSignal.calling(() -> seen.incrementAndGet(vector));
            signals[1][i] = EventSignal.calling(() -> seen.incrementAndGet(vector));
        }
        interrupts.set(IrqRequest.trigger(MSIX, 0, signals[0]));
        untilStopped(() -> {
            interrupts.set(IrqRequest.trigger(MSIX, 0, signals[1]));
            interrupts.set(IrqRequest.trigger(MSIX, 0, new EventSignal[DEVICES]));
            interrupts.set(IrqRequest.trigger(MSIX, 0, signals[0]));
            interrupts.set(IrqRequest.trigger(MSIX, 5, signals[0][0]));
        });
        List<Future<?>> devices = new ArrayList<>();
        for (int i = 0; i < DEVICES; i++) {
            int vector = i;
            devices.add(threads.submit(() -> {
                for (int round = 0; round < ROUNDS; round++) {
                    long before = seen.get(vector);
                    lines.raise(vector);
                    long end = System.nanoTime() + LONG.toNanos();
                    while (seen.get(vector) == before) {
                        assertTrue(System.nanoTime() < end, "a message was lost");
                        Thread.yield();
                    }
                }
            }));
        }
        for (Future<?> device : devices) {
            device.get(60, TimeUnit.SECONDS);
        }
        stop();
        for (int i = 0; i < DEVICES; i++) {
            assertEquals(ROUNDS, seen.get(i), "each came once");
        }
    }

    /** What is raised after a disable has returned is never signalled, whatever is enabled and disabled around it. */
    @ParameterizedTest
    @ValueSource(ints = {INTX, MSIX})
    @Tag("C6-104")
    void nothingRaisedAfterDisableIsSignalled(int index) throws Exception {
        FakeLines lines = new FakeLines();
        Interrupts interrupts = of(lines);
        AtomicLongArray raises = new AtomicLongArray(DEVICES);
        for (int i = 0; i < DEVICES; i++) {
            int device = i;
            untilStopped(() -> {
                if (index == INTX) {
                    lines.line(true);
                } else {
                    lines.raise(device % 2);
                }
                raises.incrementAndGet(device);
                Thread.yield();
            });
        }
        for (int round = 0; round < 100; round++) {
            AtomicLong seen = new AtomicLong();
            EventSignal signal = EventSignal.calling(seen::incrementAndGet);
            interrupts.set(index == INTX ? IrqRequest.trigger(INTX, 0, signal)
                    : IrqRequest.trigger(MSIX, 0, signal, signal));
            interrupts.set(IrqRequest.disable(index));
            awaitRaises(raises, 1); // those that were under way have ended
            long after = seen.get();
            awaitRaises(raises, 1);
            assertEquals(after, seen.get());
        }
        stop();
    }

    /** Until each device has begun and ended a raise more. */
    private static void awaitRaises(AtomicLongArray raises, int more) {
        long[] wanted = new long[DEVICES];
        for (int i = 0; i < DEVICES; i++) {
            wanted[i] = raises.get(i) + more + 1;
        }
        for (int i = 0; i < DEVICES; i++) {
            while (raises.get(i) < wanted[i]) {
                Thread.yield();
            }
        }
    }

    /** A device asserts its line until it is served, while others mask, unmask, suspend and write the command register. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void noLevelIsLost(boolean maskable) throws Exception {
        FakeLines lines = new FakeLines(maskable);
        Interrupts interrupts = of(lines);
        EventCounter events = new EventCounter();
        EventCounter unmask = new EventCounter();
        interrupts.set(IrqRequest.trigger(INTX, 0, events));
        interrupts.set(IrqRequest.unmaskBy(INTX, unmask));
        untilStopped(() -> {
            interrupts.set(IrqRequest.mask(INTX, 0, 1));
            interrupts.set(IrqRequest.unmask(INTX, 0, 1));
        });
        untilStopped(() -> {
            if (interrupts.maskIntx()) {
                interrupts.unmaskIntx();
            }
        });
        untilStopped(() -> {
            interrupts.intxDisabled(true);
            interrupts.intxDisabled(false);
            interrupts.unmaskIntx();
        });
        for (int round = 0; round < ROUNDS; round++) {
            lines.line(true);
            assertTrue(events.take(LONG) > 0, "a level was lost");
            lines.line(false);
            if (round % 2 == 0) {
                unmask.signal();
            } else {
                interrupts.set(IrqRequest.unmask(INTX, 0, 1));
            }
            events.take(); // signalled again before it was served
        }
        stop();
        interrupts.set(IrqRequest.unmask(INTX, 0, 1));
        assertFalse(lines.masked(), "the hardware shows what was wanted last");
        assertFalse(lines.acts.contains("two masks at once"));
    }

    /** Whoever is enabled last is in use alone, and the bus has what is in use. */
    @Test
    void usersThatEnableAndDisableAtOnceLeaveOneInUse() throws Exception {
        FakeLines lines = new FakeLines();
        Interrupts interrupts = of(lines);
        AtomicLong enabled = new AtomicLong();
        for (int index = INTX; index <= MSIX; index++) {
            int mine = index;
            untilStopped(() -> {
                if (tried(interrupts, IrqRequest.trigger(mine, 0, EventSignal.calling(() -> { })))) {
                    enabled.incrementAndGet();
                    assertEquals(mine, lines.kind.ordinal());
                    interrupts.set(IrqRequest.disable(mine));
                }
            });
        }
        untilStopped(() -> {
            lines.raise(0);
            lines.line(true);
            lines.line(false);
        });
        while (enabled.get() < 1_000) {
            Thread.yield();
            running.stream().filter(Future::isDone).forEach(thread -> assertFalse(thread.isDone(), "a user failed"));
        }
        stop();
        assertEquals(null, lines.kind);
    }

    private static boolean tried(Interrupts interrupts, IrqRequest request) {
        try {
            return interrupts.set(request) == 0;
        } catch (VfioException e) {
            return false;
        }
    }
}
