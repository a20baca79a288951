// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.osgi.service.component.annotations.Component;
import vfio.core.thread.Deadline;

/** The log of the latest events of all bundles, in one order. Writing never waits for a reader. */
@Component(service = EventLog.class)
public final class EventLog {
    /** The number of events that are kept. */
    public static final int CAPACITY = 16_384;

    private final Event[] ring = new Event[CAPACITY];
    private final List<Consumer<Event>> taps = new CopyOnWriteArrayList<>();
    private long last;

    /** Appends an event. */
    public synchronized void record(String type, String subject, String text) {
        Event event = new Event(last + 1, Instant.now(), type, subject, text);
        ring[(int) (++last % CAPACITY)] = event;
        taps.forEach(tap -> show(tap, event));
        notifyAll();
    }

    /** Shows an event to a tap, and takes off a tap that throws: a tap must not stop the act that is being recorded. */
    private void show(Consumer<Event> tap, Event event) {
        try {
            tap.accept(event);
        } catch (Throwable e) { // code of others may throw anything
            taps.remove(tap);
        }
    }

    /** Returns the sequence number of the latest event, 0 before the first. */
    public synchronized long last() {
        return last;
    }

    /**
     * Returns the events after a sequence number, oldest first. A reader that fell behind sees a gap in the numbers.
     *
     * @param most the largest number of events to return
     * @param wait how long to wait for the first event, zero for not at all
     */
    public synchronized List<Event> after(long sequence, int most, Duration wait) throws InterruptedException {
        Deadline deadline = Deadline.in(wait);
        while (last <= sequence) {
            long left = deadline.leftNanos();
            if (left <= 0) {
                return List.of();
            }
            wait(left / 1_000_000 + 1);
        }
        List<Event> events = new ArrayList<>();
        for (long i = Math.max(Math.max(sequence, 0) + 1, last - CAPACITY + 1); i <= last && events.size() < most; i++) {
            events.add(ring[(int) (i % CAPACITY)]);
        }
        return events;
    }

    /**
     * Shows every event to {@code tap}, in order, before the call that records the event returns; a tap must only queue
     * events.
     *
     * @return the closeable that ends the tap
     */
    public AutoCloseable tap(Consumer<Event> tap) {
        taps.add(tap);
        return () -> taps.remove(tap);
    }
}
