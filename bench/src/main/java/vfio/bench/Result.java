// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.util.Arrays;

/**
 * One figure, as it stands in the JSON file.
 *
 * @param value the median of our runs
 * @param peer who does the same thing, null where nobody was measured
 * @param ratio our median over the peer's, of the same run; null without a peer
 * @param min the least of our runs
 */
record Result(String name, double value, String unit, String peer, Double ratio, int runs, double min, double max) {

    /** Our samples alone. */
    static Result of(String name, String unit, double[] ours) {
        double[] sorted = sorted(ours);
        return new Result(name, median(sorted), unit, null, null, ours.length, sorted[0], sorted[sorted.length - 1]);
    }

    /** Our samples and a peer's, taken in turn. */
    static Result of(String name, String unit, double[] ours, String peer, double[] theirs) {
        Result alone = of(name, unit, ours);
        return new Result(name, alone.value, unit, peer, alone.value / median(sorted(theirs)), ours.length, alone.min,
                alone.max);
    }

    private static double[] sorted(double[] samples) {
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        return sorted;
    }

    private static double median(double[] sorted) {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
