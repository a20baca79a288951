// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/**
 * Nanoseconds a turn of a loop, ours and the same loop's in C in turn. A loop that allocates fails.
 *
 * @param twin the C program's name of the loop
 * @param turns in one run
 * @param ours makes our loop anew
 */
record BesideC(String name, String twin, long turns, Ours ours) implements Measurement {
    private static final int RUNS = 9;
    private static final int WARM_UPS = 5;
    /** Of a whole run: what reading the counter itself takes. */
    private static final long NOTHING = 4096;

    /** Our loop. */
    interface Loop extends AutoCloseable {
        /** @return something that depends on all turns */
        int turn(long turns);

        @Override
        default void close() {
        }
    }

    /** Where a loop comes from; null stands for the C program, which is then beside itself. */
    interface Ours {
        Loop open();
    }

    @Override
    public Result measure(Place place) throws Exception {
        CTwin c = CTwin.build(place.folder("twin"));
        double[] values = new double[RUNS];
        double[] theirs = new double[RUNS];
        try (Loop loop = ours == null ? null : ours.open()) {
            for (int i = 0; i < WARM_UPS && loop != null; i++) {
                loop.turn(turns / 10);
            }
            for (int run = 0; run < RUNS; run++) {
                values[run] = loop == null ? c.nanoseconds(twin, turns) : nanoseconds(loop);
                theirs[run] = c.nanoseconds(twin, turns);
                System.err.printf("bench:   %.2f ns, C %.2f ns, %+.2f ns%n", values[run], theirs[run],
                        values[run] - theirs[run]);
            }
        }
        return Result.of(name, "ns", values, "C", theirs);
    }

    private double nanoseconds(Loop loop) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        long begin = System.nanoTime();
        int result = loop.turn(turns);
        long end = System.nanoTime();
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        if (allocated > NOTHING || result == Integer.MIN_VALUE) {
            throw new IllegalStateException(name + " allocated " + allocated + " bytes in " + turns + " turns");
        }
        return (end - begin) / (double) turns;
    }
}
