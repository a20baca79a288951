// SPDX-License-Identifier: Apache-2.0
package itest;

import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What the threads of a stress did: counts by name, and weakly what must not outlive it. */
final class StressTally {
    private static final int SAMPLES = 5_000;

    private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();
    private final Queue<WeakReference<Object>> passing = new ConcurrentLinkedQueue<>();
    private final AtomicLong seen = new AtomicLong();

    void count(String what) {
        counts.computeIfAbsent(what, any -> new LongAdder()).increment();
    }

    long of(String what) {
        LongAdder count = counts.get(what);
        return count == null ? 0 : count.sum();
    }

    /** Something that nobody may hold at the end; the first thousands are watched. */
    <T> T passing(T object) {
        if (seen.incrementAndGet() <= SAMPLES) {
            passing.add(new WeakReference<>(object));
        }
        return object;
    }

    /** How many of those are still reachable. */
    long alive() {
        return passing.stream().filter(weak -> !weak.refersTo(null)).count();
    }

    /** One line. */
    @Override
    public String toString() {
        Map<String, Long> sorted = new TreeMap<>();
        counts.forEach((what, count) -> sorted.put(what, count.sum()));
        return sorted.toString();
    }
}
