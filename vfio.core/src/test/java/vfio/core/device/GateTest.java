// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class GateTest {
    private final Gate gate = new Gate();

    @Test
    void blockedGateLetsNobodyInUntilItIsUnblocked() {
        assertTrue(gate.enter());
        gate.block();
        assertFalse(gate.enter());
        gate.leave();
        gate.unblock();
        assertTrue(gate.enter());
    }

    /** What ends one reason does not end another: a wake-up in the middle of an exchange opens nothing. */
    @Test
    void everyReasonEndsByItself() {
        gate.block();
        gate.pause();
        gate.resume();
        assertFalse(gate.enter());
        gate.unblock();
        gate.shut();
        gate.block();
        gate.unblock();
        gate.pause();
        gate.resume();
        assertFalse(gate.enter(), "shut is for ever");
    }

    @Test
    void callsAreCountedWhileTheyAreToBe() {
        enterAndLeave();
        gate.count(true);
        enterAndLeave();
        assertTrue(gate.enter());
        gate.count(false);
        gate.leave();
        enterAndLeave();
        assertEquals(2, gate.counted());
        assertTrue(gate.awaitEmpty(Duration.ZERO));
        gate.count(true);
        gate.shut();
        assertFalse(gate.enter());
        assertEquals(2, gate.counted());
    }

    private void enterAndLeave() {
        assertTrue(gate.enter());
        gate.leave();
    }

    @Test
    void whoIsInsideIsAwaited() throws InterruptedException {
        assertTrue(gate.enter());
        gate.shut();
        assertFalse(elsewhere(() -> gate.awaitEmpty(Duration.ofMillis(1))));
        CountDownLatch empty = new CountDownLatch(1);
        Thread waiter = new Thread(() -> {
            if (gate.awaitEmpty(Duration.ofMinutes(1))) {
                empty.countDown();
            }
        });
        waiter.start();
        gate.leave();
        waiter.join();
        assertEquals(0, empty.getCount());
    }

    @Test
    void sameThreadMayEnterTwice() {
        assertTrue(gate.enter());
        assertTrue(gate.enter());
        gate.leave();
        gate.shut();
        assertFalse(elsewhere(() -> gate.awaitEmpty(Duration.ofMillis(1))));
        gate.leave();
        assertTrue(elsewhere(() -> gate.awaitEmpty(Duration.ofMillis(1))));
    }

    private static boolean elsewhere(Callable<Boolean> question) {
        FutureTask<Boolean> answer = new FutureTask<>(question);
        new Thread(answer).start();
        return assertDoesNotThrow(() -> answer.get());
    }

    @Test
    void nobodyWaitsForItself() {
        assertFalse(gate.mine());
        assertTrue(gate.enter());
        gate.shut();
        assertTrue(gate.awaitEmpty(Duration.ofDays(1)));
        assertTrue(gate.mine());
        assertFalse(elsewhere(gate::mine));
        gate.leave();
        assertFalse(gate.mine());
    }

    /** Threads that share a stripe are told apart. */
    @Test
    void everyThreadKnowsItsOwn() throws InterruptedException {
        CountDownLatch in = new CountDownLatch(64);
        CountDownLatch end = new CountDownLatch(1);
        List<Thread> others = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            Thread other = new Thread(() -> {
                gate.enter();
                in.countDown();
                TestDriver.hang(end);
                gate.leave();
            });
            others.add(other);
        }
        others.forEach(Thread::start);
        in.await();
        assertFalse(gate.mine());
        gate.shut();
        assertFalse(gate.awaitEmpty(Duration.ofMillis(1)));
        end.countDown();
        assertTrue(gate.awaitEmpty(Duration.ofMinutes(1)));
        for (Thread other : others) {
            other.join();
        }
    }

    /** What a stripe counts of two others is what it would count of two calls of the thread between them. */
    @Test
    void whoseNumberIsBetweenThoseOfTwoOthersAwaitsThem() throws InterruptedException {
        CountDownLatch in = new CountDownLatch(2);
        CountDownLatch end = new CountDownLatch(1);
        Runnable inside = () -> {
            gate.enter();
            in.countDown();
            TestDriver.hang(end);
            gate.leave();
        };
        FutureTask<Boolean> empty = new FutureTask<>(() -> gate.awaitEmpty(Duration.ofMillis(1)));
        Thread[] made = new Thread[33]; // of which each sixteenth has one stripe
        do {
            Arrays.setAll(made, i -> new Thread(i == 16 ? empty : inside));
        } while (made[16].getId() != made[0].getId() + 16 || made[32].getId() != made[0].getId() + 32);
        made[0].start();
        made[32].start();
        in.await();
        gate.shut();
        made[16].start();
        assertFalse(assertDoesNotThrow(() -> empty.get()));
        end.countDown();
    }

    /** Whatever many threads do, none is inside between the end of a wait and the reopening. */
    @Test
    void nobodyIsInsideAfterTheWait() throws InterruptedException {
        AtomicBoolean closed = new AtomicBoolean();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong violations = new AtomicLong();
        AtomicLong entered = new AtomicLong();
        List<Thread> users = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Thread user = new Thread(() -> {
                while (!stop.get()) {
                    if (gate.enter()) {
                        violations.addAndGet(closed.get() ? 1 : 0);
                        entered.incrementAndGet();
                        gate.leave();
                    }
                }
            });
            user.start();
            users.add(user);
        }
        for (int round = 0; round < 2_000; round++) {
            gate.block();
            assertTrue(gate.awaitEmpty(Duration.ofMinutes(1)));
            closed.set(true);
            closed.set(false);
            gate.unblock();
        }
        stop.set(true);
        for (Thread user : users) {
            user.join();
        }
        assertEquals(0, violations.get());
        assertTrue(entered.get() > 0);
    }
}
