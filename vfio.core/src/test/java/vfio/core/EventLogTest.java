// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class EventLogTest {
    private final EventLog log = new EventLog();

    private List<Long> after(long sequence, int most) throws InterruptedException {
        return log.after(sequence, most, Duration.ZERO).stream().map(Event::sequence).toList();
    }

    @Test
    void countsFromOneWithoutGaps() throws Exception {
        assertEquals(0, log.last());
        assertEquals(List.of(), after(0, 10));
        log.record("bound", "a", "");
        log.record("unbound", "a", "");
        assertEquals(List.of(1L, 2L), after(0, 10));
        assertEquals(List.of(2L), after(1, 10));
        assertEquals(List.of(), after(2, 10));
        assertEquals(List.of(1L), after(-5, 1));
        assertEquals(2, log.last());
    }

    @Test
    void readerThatFellBehindSeesAGap() throws Exception {
        for (int i = 0; i < EventLog.CAPACITY + 3; i++) {
            log.record("bound", "a", "");
        }
        assertEquals(List.of(4L, 5L), after(1, 2));
        assertEquals(EventLog.CAPACITY, after(0, Integer.MAX_VALUE).size());
        assertEquals(List.of(EventLog.CAPACITY + 3L), after(EventLog.CAPACITY + 2, 5));
    }

    @Test
    void waiterWakesWithTheEventItWaitedFor() throws Exception {
        AtomicReference<Thread> waiter = new AtomicReference<>();
        CompletableFuture<List<Event>> answer = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            waiter.set(Thread.currentThread());
            try {
                answer.complete(log.after(1, 10, Duration.ofMinutes(1)));
            } catch (InterruptedException e) {
                answer.completeExceptionally(e);
            }
        });
        thread.start();
        await().until(() -> thread.getState() == Thread.State.TIMED_WAITING);
        log.record("bound", "a", "one");
        log.record("bound", "b", "two");
        assertEquals("two", answer.get().get(0).text());
    }

    @Test
    void tapsSeeEveryEventInOrderUntilClosed() throws Exception {
        List<Long> seen = new ArrayList<>();
        AutoCloseable tap = log.tap(event -> seen.add(event.sequence()));
        log.record("bound", "a", "");
        log.record("bound", "b", "");
        tap.close();
        log.record("bound", "c", "");
        assertEquals(List.of(1L, 2L), seen);
    }

    @Test
    void tapThatThrowsStopsNothing() throws Exception {
        List<Long> seen = new ArrayList<>();
        log.tap(event -> {
            throw new StackOverflowError("full");
        });
        log.tap(event -> seen.add(event.sequence()));
        log.record("bound", "a", "");
        log.record("bound", "b", "");
        assertEquals(List.of(1L, 2L), seen);
        assertEquals(List.of(1L, 2L), after(0, 10));
    }

    @Test
    void errnoAndSentenceStayOneLine() {
        VfioException e = assertThrows(VfioException.class, () -> {
            throw new VfioException(Errno.EINVAL, "find \u001b[2J'a\nb'");
        });
        assertEquals("find ?[2J'a?b' (EINVAL, invalid argument)", e.getMessage());
        assertEquals("find ?[2J'a?b'", e.sentence());
        assertEquals(22, e.errno().number());
    }
}
