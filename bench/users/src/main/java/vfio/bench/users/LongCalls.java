// SPDX-License-Identifier: Apache-2.0
package vfio.bench.users;

import java.util.concurrent.TimeUnit;

/** The calls of one thread that took longer than most, the latest of them, with their times. */
final class LongCalls {
    private static final long LONG = TimeUnit.MICROSECONDS.toNanos(1);
    private static final int KEPT = 1 << 18;

    private final long[] began = new long[KEPT];
    private final long[] ended = new long[KEPT];
    private volatile int count;

    /** Takes note of a call; by the one thread. */
    void note(long from, long to) {
        if (to - from >= LONG) {
            int next = count;
            began[next % KEPT] = from;
            ended[next % KEPT] = to;
            count = next + 1;
        }
    }

    /** Returns the nanoseconds of the longest call that was under way in a span of time; 1 us where all were short. */
    long longest(long from, long to) {
        int last = count;
        long longest = LONG;
        for (int i = Math.max(0, last - KEPT); i < last; i++) {
            if (began[i % KEPT] < to && ended[i % KEPT] > from) {
                longest = Math.max(longest, ended[i % KEPT] - began[i % KEPT]);
            }
        }
        return longest;
    }
}
