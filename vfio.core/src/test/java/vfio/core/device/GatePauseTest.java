// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A gate that is paused: calls wait, but those that a call inside makes. */
class GatePauseTest {
    private static final Duration SOON = Duration.ofMillis(1);
    private static final Duration LONG = Duration.ofMinutes(1);

    private final Gate gate = new Gate();

    private static <T> FutureTask<T> elsewhere(Callable<T> act) {
        FutureTask<T> answer = new FutureTask<>(act);
        new Thread(answer).start();
        return answer;
    }

    private static <T> T of(FutureTask<T> answer) {
        return assertDoesNotThrow(() -> answer.get());
    }

    private static void awaitWaiting(Thread thread) {
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
    }

    private Thread entering(AtomicBoolean in) {
        Thread caller = new Thread(() -> {
            in.set(gate.enter());
            if (in.get()) {
                gate.leave();
            }
        });
        caller.start();
        return caller;
    }

    @Test
    void aCallWaitsUntilThePauseEnds() throws InterruptedException {
        gate.record();
        gate.pause();
        AtomicBoolean in = new AtomicBoolean();
        Thread caller = entering(in);
        awaitWaiting(caller);
        assertTrue(gate.awaitEmpty(SOON), "a call that waits is not inside");
        assertFalse(in.get());
        gate.resume();
        caller.join();
        assertTrue(in.get());
        assertEquals(1, gate.waited());
        gate.pause();
        assertEquals(0, gate.waited());
    }

    @Test
    void aGateThatIsShutInThePauseRefusesWhoWaits() throws InterruptedException {
        gate.record();
        gate.pause();
        AtomicBoolean in = new AtomicBoolean(true);
        Thread caller = entering(in);
        awaitWaiting(caller);
        gate.shut();
        caller.join();
        assertFalse(in.get());
    }

    @Test
    void aGateThatIsBlockedInThePauseRefusesWhoWaits() throws InterruptedException {
        gate.record();
        gate.pause();
        AtomicBoolean in = new AtomicBoolean(true);
        Thread caller = entering(in);
        awaitWaiting(caller);
        gate.block();
        caller.join();
        assertFalse(in.get());
    }

    @Test
    void anInterruptEndsNoWaitAndIsKept() throws InterruptedException {
        gate.record();
        gate.pause();
        AtomicBoolean interrupted = new AtomicBoolean();
        Thread caller = new Thread(() -> {
            gate.enter();
            interrupted.set(Thread.currentThread().isInterrupted());
            gate.leave();
        });
        caller.start();
        awaitWaiting(caller);
        caller.interrupt();
        gate.resume();
        caller.join();
        assertTrue(interrupted.get());
    }

    @Test
    void callsOfBeforeTheRecordingAreAwaitedAndLaterOnesAreNot() throws InterruptedException {
        CountDownLatch leave = new CountDownLatch(1);
        CountDownLatch inside = new CountDownLatch(1);
        FutureTask<Boolean> before = elsewhere(() -> {
            gate.enter();
            inside.countDown();
            leave.await();
            gate.leave();
            return true;
        });
        inside.await();
        gate.record();
        assertFalse(gate.awaitRecorded(SOON));
        CountDownLatch later = new CountDownLatch(1);
        CountDownLatch laterLeaves = new CountDownLatch(1);
        FutureTask<Boolean> after = elsewhere(() -> {
            boolean in = gate.enter();
            later.countDown();
            laterLeaves.await();
            gate.leave();
            return in;
        });
        later.await();
        leave.countDown();
        of(before);
        assertTrue(gate.awaitRecorded(LONG));
        gate.pause();
        assertFalse(gate.awaitEmpty(SOON), "the later call is inside");
        laterLeaves.countDown();
        assertTrue(of(after));
        assertTrue(gate.awaitEmpty(LONG));
    }

    /** An interrupt's listener, called by an access, makes accesses too. */
    @Test
    void aNotedThreadComesInAgainDuringThePause() throws InterruptedException {
        gate.record();
        CountDownLatch in = new CountDownLatch(1);
        CountDownLatch paused = new CountDownLatch(1);
        FutureTask<Boolean> caller = elsewhere(() -> {
            gate.enter();
            in.countDown();
            paused.await();
            boolean again = gate.enter() && gate.enter();
            gate.leave();
            gate.leave();
            gate.leave();
            return again;
        });
        in.await();
        assertTrue(gate.awaitRecorded(LONG));
        gate.pause();
        paused.countDown();
        assertTrue(of(caller));
        assertTrue(gate.awaitEmpty(LONG));
        assertFalse(gate.mine());
    }

    @Test
    void aCallThatWasNotedLeavesAfterThePauseWasCalledOff() {
        gate.record();
        assertTrue(gate.enter());
        gate.resume();
        assertTrue(gate.mine());
        assertTrue(gate.enter());
        gate.leave();
        assertFalse(of(elsewhere(() -> gate.awaitEmpty(SOON))));
        gate.leave();
        assertFalse(gate.mine());
        assertTrue(of(elsewhere(() -> gate.awaitEmpty(SOON))));
    }

    @Test
    void callsOfOneThreadOfBeforeAndAfterTheRecordingLeaveInAnyCase() {
        assertTrue(gate.enter());
        gate.record();
        assertTrue(gate.enter());
        assertTrue(gate.enter());
        gate.leave();
        gate.leave();
        assertFalse(of(elsewhere(() -> gate.awaitRecorded(SOON))));
        gate.leave();
        assertTrue(of(elsewhere(() -> gate.awaitRecorded(SOON))));
        gate.resume();
        assertFalse(gate.mine());
    }

    /**
     * Threads that come in to a depth of three, while one counts, records, pauses, blocks and calls off: nobody is inside a
     * pause that has begun, nobody waits for ever, and at the end the gate is as it was.
     */
    @Test
    void nobodyIsInsideAPauseWhateverComesBetween() throws InterruptedException {
        AtomicBoolean alone = new AtomicBoolean();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger violations = new AtomicInteger();
        AtomicLong entered = new AtomicLong();
        List<Thread> users = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Random random = new Random(i);
            Thread user = new Thread(() -> {
                while (!stop.get()) {
                    come(random.nextInt(3), alone, violations, entered);
                }
            });
            user.start();
            users.add(user);
        }
        Random random = new Random(7);
        int pauses = 0;
        for (int round = 0; round < 3_000; round++) {
            gate.count(random.nextBoolean());
            gate.record();
            if (gate.awaitRecorded(Duration.ofMillis(random.nextInt(3)))) {
                gate.pause();
                if (gate.awaitEmpty(Duration.ofMillis(random.nextInt(3)))) {
                    pauses++;
                    alone.set(true);
                    if (random.nextInt(8) == 0) {
                        gate.block();
                        gate.unblock();
                    }
                    alone.set(false);
                }
            }
            gate.resume();
        }
        stop.set(true);
        for (Thread user : users) {
            user.join();
        }
        assertEquals(0, violations.get());
        assertTrue(pauses > 0 && entered.get() > 0, pauses + " pauses, " + entered + " calls");
        assertTrue(gate.awaitEmpty(Duration.ZERO));
    }

    private void come(int deeper, AtomicBoolean alone, AtomicInteger violations, AtomicLong entered) {
        if (!gate.enter()) {
            return;
        }
        violations.addAndGet(alone.get() ? 1 : 0);
        entered.incrementAndGet();
        if (deeper > 0) {
            come(deeper - 1, alone, violations, entered);
        }
        gate.leave();
    }
}
