// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.gate;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class CallGateTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final CallGate gate = new CallGate();

    /** Runs an act on a thread of its own, to its end. */
    private static <T> T elsewhere(Supplier<T> act) {
        return CompletableFuture.supplyAsync(act, task -> new Thread(task).start()).join();
    }

    @Test
    void anyNumberIsInside() {
        assertTrue(gate.enter(Duration.ZERO));
        assertTrue(elsewhere(() -> {
            boolean entered = gate.enter(Duration.ZERO) && gate.tryEnter();
            gate.leave();
            gate.leave();
            return entered;
        }));
        assertTrue(gate.mine());
        gate.leave();
        assertFalse(gate.mine());
    }

    @Test
    void pauseWaitsForThoseInside() {
        assertTrue(gate.enter(Duration.ZERO));
        assertFalse(elsewhere(() -> gate.pause(Duration.ofMillis(1))));
        assertTrue(elsewhere(gate::tryEnter), "the pause that failed has ended");
        CompletableFuture<Boolean> paused = CompletableFuture.supplyAsync(() -> {
            boolean done = gate.pause(LONG);
            gate.resume();
            return done;
        }, task -> new Thread(task).start());
        gate.leave();
        await().until(() -> !paused.isDone() || paused.join());
    }

    @Test
    void callsWaitInAPause() {
        assertTrue(gate.pause(Duration.ZERO));
        assertFalse(elsewhere(gate::tryEnter));
        assertFalse(elsewhere(() -> gate.enter(Duration.ofMillis(1))));
        CompletableFuture<Boolean> waits =
                CompletableFuture.supplyAsync(() -> gate.enter(LONG), task -> new Thread(task).start());
        await().until(() -> gate.waited() == 2);
        gate.resume();
        assertTrue(waits.join());
    }

    /** A call from inside a call comes in, though an exchange waits for the outer one. */
    @Test
    void callFromInsideNeverWaits() {
        assertTrue(gate.enter(Duration.ZERO));
        CompletableFuture<Boolean> paused =
                CompletableFuture.supplyAsync(() -> gate.pause(LONG), task -> new Thread(task).start());
        await().until(() -> !elsewhere(() -> {
            boolean entered = gate.tryEnter();
            if (entered) {
                gate.leave();
            }
            return entered;
        }));
        assertTrue(gate.enter(Duration.ZERO));
        assertTrue(gate.tryEnter());
        gate.leave();
        gate.leave();
        gate.leave();
        assertTrue(paused.join());
    }

    @Test
    void shutGateLetsNobodyIn() {
        assertTrue(gate.enter(Duration.ZERO));
        gate.shut(Duration.ofMillis(1)); // a call of the thread's own is not waited for
        assertTrue(gate.isShut());
        gate.leave();
        assertFalse(gate.enter(Duration.ZERO));
        assertFalse(gate.tryEnter());
        assertFalse(gate.mine());
    }

    @Test
    void interruptedCallerDoesNotWait() {
        assertTrue(gate.pause(Duration.ZERO));
        assertEquals(List.of(false, true), elsewhere(() -> {
            Thread.currentThread().interrupt();
            return List.of(gate.enter(LONG), Thread.interrupted());
        }));
        gate.resume();
        assertEquals(List.of(true, true), elsewhere(() -> {
            Thread.currentThread().interrupt();
            return List.of(gate.enter(LONG), Thread.interrupted());
        }));
    }

    /** However many calls come, an exchange gets the gate, and has it for itself. */
    @Test
    void stormDoesNotStarveAPause() throws Exception {
        AtomicBoolean ended = new AtomicBoolean();
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger wrong = new AtomicInteger();
        List<Thread> storm = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            boolean waits = i % 2 == 0;
            Thread caller = new Thread(() -> {
                while (!ended.get()) {
                    if (waits ? gate.enter(LONG) : gate.tryEnter()) {
                        inside.incrementAndGet();
                        inside.decrementAndGet();
                        gate.leave();
                    }
                }
            });
            storm.add(caller);
            caller.start();
        }
        for (int i = 0; i < 1000; i++) {
            assertTrue(gate.pause(LONG));
            if (inside.get() != 0) {
                wrong.incrementAndGet();
            }
            gate.resume();
        }
        ended.set(true);
        for (Thread caller : storm) {
            caller.join();
        }
        assertEquals(0, wrong.get());
    }
}
