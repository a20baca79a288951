// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;

/**
 * Nanoseconds of the thread's CPU time a turn of a loop, ours beside the same loop in C. The two take turns within a run, in
 * slices so short that whatever else the machine does falls on both. A loop that allocates fails.
 *
 * @param twin the C program's name of the loop
 * @param turns in one run
 * @param ours makes our loop anew
 */
record BesideC(String name, String twin, int turns, Ours ours) implements Measurement {
    private static final int RUNS = 9;
    private static final int SLICES = 100;
    /** Slices until both are as fast as they get. */
    private static final int WARM_UPS = 50;
    /** Bytes of a slice: what reading the counter itself takes. */
    private static final long NOTHING = 4096;

    /** Our loop. */
    interface Loop extends AutoCloseable {
        /** @return something that depends on all turns */
        int turn(int turns);

        @Override
        default void close() {
        }
    }

    /** Where a loop comes from; null stands for the C program, which is then beside itself. */
    interface Ours {
        Loop open();
    }

    /** One of the two that are compared. */
    interface Side extends AutoCloseable {
        /** CPU time of that many turns. */
        double nanoseconds(int turns) throws IOException;

        @Override
        void close();
    }

    @Override
    public Result measure(Place place) throws Exception {
        CTwin c = CTwin.build(place.folder("twin"));
        double[] values = new double[RUNS];
        double[] peers = new double[RUNS];
        try (Side here = ours == null ? c.open(twin) : new Timed(name, ours.open()); Side there = c.open(twin)) {
            for (int i = 0; i < WARM_UPS; i++) {
                here.nanoseconds(turns / SLICES);
                there.nanoseconds(turns / SLICES);
            }
            for (int run = 0; run < RUNS; run++) {
                for (int slice = 0; slice < SLICES; slice++) {
                    values[run] += here.nanoseconds(turns / SLICES) / turns;
                    peers[run] += there.nanoseconds(turns / SLICES) / turns;
                }
                System.err.printf("bench:   %.2f ns, C %.2f ns, %+.2f ns%n", values[run], peers[run],
                        values[run] - peers[run]);
            }
        }
        return Result.of(name, "ns", values, "C", peers);
    }

    /** Our loop under the clock. */
    private record Timed(String name, Loop loop) implements Side {
        private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

        @Override
        public double nanoseconds(int turns) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            long begin = THREADS.getCurrentThreadCpuTime();
            int result = loop.turn(turns);
            long end = THREADS.getCurrentThreadCpuTime();
            long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
            if (allocated > NOTHING || result == Integer.MIN_VALUE) {
                throw new IllegalStateException(name + " allocated " + allocated + " bytes in " + turns + " turns");
            }
            return end - begin;
        }

        @Override
        public void close() {
            loop.close();
        }
    }
}
