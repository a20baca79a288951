// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.Locale;

/** Short times as people read them. */
final class Durations {
    private static final double MICROSECOND = 1e3;
    private static final double MILLISECOND = 1e6;
    private static final double SECOND = 1e9;

    private Durations() {
    }

    /** In the largest unit of which it is one at least; with ASCII letters, as every terminal has them. */
    static String text(long nanos) {
        return nanos < MILLISECOND ? unit(nanos, MICROSECOND, "us") : nanos < SECOND ? unit(nanos, MILLISECOND, "ms")
                : unit(nanos, SECOND, "s");
    }

    private static String unit(long nanos, double unit, String name) {
        return String.format(Locale.ROOT, "%.1f %s", nanos / unit, name);
    }
}
