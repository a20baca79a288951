// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;

class InterruptStressTest {
    private static final int ROUNDS = 20_000;

    private final FakeLines lines = new FakeLines();
    private final Interrupts interrupts = new Interrupts(new Interrupts.Counts(true, 32, 64, true), lines, lines);

    private static Thread started(Runnable work) {
        Thread thread = new Thread(work);
        thread.start();
        return thread;
    }

    /** A device asserts its line until its driver has served it, while others mask and unmask. */
    @Test
    void noLevelIsLost() throws InterruptedException {
        AtomicInteger served = new AtomicInteger();
        AtomicBoolean stop = new AtomicBoolean();
        interrupts.set(IrqRequest.trigger(Interrupts.INTX, 0, EventSignal.calling(() -> {
            lines.line(false);
            served.incrementAndGet();
            interrupts.set(IrqRequest.unmask(Interrupts.INTX, 0, 1));
        })));
        Runnable masker = () -> {
            while (!stop.get()) {
                interrupts.set(IrqRequest.mask(Interrupts.INTX, 0, 1));
                interrupts.set(IrqRequest.unmask(Interrupts.INTX, 0, 1));
                interrupts.intxDisabled(true);
                interrupts.intxDisabled(false);
            }
        };
        List<Thread> maskers = List.of(started(masker), started(masker));
        for (int round = 0; round < ROUNDS; round++) {
            lines.line(true);
            await().pollInterval(Duration.ofNanos(1000)).atMost(Duration.ofSeconds(30)).until(() -> !lines.asserted());
        }
        stop.set(true);
        for (Thread thread : maskers) {
            thread.join();
        }
        assertEquals(false, lines.asserted());
    }

    /** Messages to vectors that stay wired all arrive, whatever happens to the others; none comes after disable. */
    @Test
    void noMessageIsLostAndNoneComesAfterDisable() throws InterruptedException {
        AtomicIntegerArray got = new AtomicIntegerArray(4);
        EventSignal[] signals = new EventSignal[4];
        for (int vector = 0; vector < 4; vector++) {
            int mine = vector;
            signals[vector] = EventSignal.calling(() -> got.incrementAndGet(mine));
        }
        interrupts.set(IrqRequest.trigger(Interrupts.MSIX, 0, signals));
        AtomicBoolean stop = new AtomicBoolean();
        Thread changer = started(() -> {
            Random random = new Random(1);
            while (!stop.get()) {
                EventSignal other = random.nextBoolean() ? EventSignal.calling(() -> { }) : null;
                interrupts.set(IrqRequest.trigger(Interrupts.MSIX, 4 + random.nextInt(60), other));
            }
        });
        List<Thread> devices = new ArrayList<>();
        for (int vector = 0; vector < 4; vector++) {
            int mine = vector;
            devices.add(started(() -> {
                for (int round = 0; round < ROUNDS; round++) {
                    lines.raise(mine);
                }
            }));
        }
        for (Thread device : devices) {
            device.join();
        }
        stop.set(true);
        changer.join();
        interrupts.set(IrqRequest.disable(Interrupts.MSIX));
        for (int vector = 0; vector < 4; vector++) {
            lines.raise(vector);
            assertEquals(ROUNDS, got.get(vector));
        }
    }
}
