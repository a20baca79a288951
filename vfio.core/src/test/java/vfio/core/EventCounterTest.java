// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventCounterTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final EventCounter counter = new EventCounter();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void end() {
        threads.shutdownNow();
    }

    @Test
    void countsUntilItIsTaken() throws Exception {
        assertEquals(0, counter.take());
        counter.signal();
        counter.signal();
        assertTrue(counter.await(Duration.ZERO));
        assertTrue(counter.await(LONG), "waiting takes nothing");
        assertEquals(2, counter.take());
        assertEquals(0, counter.take());
        assertEquals(0, counter.take(Duration.ofNanos(1)));
        assertFalse(counter.await(Duration.ofSeconds(-1)));
    }

    @Test
    void signalWakesEachWhoWaits() throws Exception {
        List<Future<Boolean>> waiting = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            waiting.add(threads.submit(() -> counter.await(LONG)));
        }
        counter.signal();
        for (Future<Boolean> one : waiting) {
            assertTrue(one.get(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void closeEndsTheWaitingAndDropsSignals() throws Exception {
        Future<Long> waiting = threads.submit(() -> counter.take(LONG));
        counter.close();
        assertEquals(0, waiting.get(20, TimeUnit.SECONDS));
        counter.signal();
        assertEquals(0, counter.take());
        assertFalse(counter.usable());
        assertFalse(counter.await(LONG));
        assertEquals(Errno.EBADF, assertThrows(VfioException.class, () -> counter.listen(() -> { })).errno());
        counter.close();
    }

    @Test
    void interruptEndsTheWaiting() throws Exception {
        AtomicInteger interrupted = new AtomicInteger();
        Thread thread = new Thread(() -> {
            try {
                counter.await(LONG);
            } catch (InterruptedException e) {
                interrupted.incrementAndGet();
            }
        });
        thread.start();
        thread.interrupt();
        thread.join(20_000);
        assertEquals(1, interrupted.get());
    }

    @Test
    void listenerTakesWhatWasThereAndWhatComes() throws Exception {
        AtomicInteger heard = new AtomicInteger();
        counter.signal();
        counter.signal();
        AutoCloseable listening = counter.listen(heard::incrementAndGet);
        assertEquals(1, heard.get(), "two at once are one");
        counter.signal();
        assertEquals(2, heard.get());
        assertEquals(0, counter.take());
        AutoCloseable other = counter.listen(heard::incrementAndGet);
        counter.signal();
        assertEquals(4, heard.get());
        other.close();
        listening.close();
        listening.close();
        counter.signal();
        assertEquals(4, heard.get());
        assertEquals(1, counter.take());
    }

    @Test
    void listenerThatThrowsOrSignalsInTurnEnds() {
        AtomicInteger heard = new AtomicInteger();
        counter.listen(() -> {
            throw new NoClassDefFoundError("user/Gone");
        });
        counter.listen(() -> {
            heard.incrementAndGet();
            counter.signal();
        });
        counter.signal();
        assertEquals(1, heard.get());
        counter.close();
        counter.signal();
        assertEquals(1, heard.get(), "closed");
    }

    @Test
    void noneIsLostBetweenThoseWhoSignalAndThoseWhoTake() throws Exception {
        AtomicLong taken = new AtomicLong();
        int rounds = 50_000;
        for (int i = 0; i < 2; i++) {
            threads.submit(() -> {
                for (int round = 0; round < rounds; round++) {
                    counter.signal();
                }
            });
            threads.submit(() -> {
                while (true) {
                    taken.addAndGet(counter.take(LONG));
                }
            });
        }
        await().atMost(LONG).until(() -> taken.get() == 2 * rounds);
    }

    /** A signal at the moment of the listen is either taken by it, or heard. */
    @Test
    void noneIsLostBetweenThoseWhoSignalAndThoseWhoListen() throws Exception {
        for (int round = 0; round < 2_000; round++) {
            EventCounter raced = new EventCounter();
            AtomicInteger heard = new AtomicInteger();
            Future<?> signalling = threads.submit(raced::signal);
            raced.listen(heard::incrementAndGet);
            signalling.get(20, TimeUnit.SECONDS);
            assertEquals(1, heard.get());
            assertEquals(0, raced.take());
        }
    }
}
