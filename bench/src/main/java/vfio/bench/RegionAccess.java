// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Nanoseconds an access, ours and the peer's in turn, each a fork of JMH. One that allocates fails.
 *
 * @param method of {@link RegionBenchmark}
 * @param peer the method measured beside it, null for none
 */
record RegionAccess(String name, String method, String peer) implements Measurement {
    private static final int RUNS = 5;
    /** Bytes for each access: the profiler itself allocates a little, an object would be 16. */
    private static final double NOTHING = 0.5;

    @Override
    public Result measure(Place place) throws RunnerException {
        double[] ours = new double[RUNS];
        double[] theirs = new double[RUNS];
        for (int run = 0; run < RUNS; run++) {
            ours[run] = run(place, method);
            theirs[run] = peer == null ? 0 : run(place, peer);
            System.err.printf("bench:   %.2f ns%s%n", ours[run],
                    peer == null ? "" : ", VarHandle %.2f ns".formatted(theirs[run]));
        }
        return peer == null ? Result.of(name, "ns", ours) : Result.of(name, "ns", ours, "opaque VarHandle", theirs);
    }

    @SuppressWarnings("rawtypes") // JMH's own
    private double run(Place place, String benchmark) throws RunnerException {
        RunResult result = new Runner(new OptionsBuilder()
                .include("^" + RegionBenchmark.class.getName().replace(".", "\\.") + "\\." + benchmark + "$")
                .addProfiler(GCProfiler.class).output(place.temporary().resolve("jmh.log").toString())
                .shouldFailOnError(true)
                .build()).runSingle();
        double bytes = result.getSecondaryResults().entrySet().stream()
                .filter(entry -> entry.getKey().contains("gc.alloc.rate.norm")).mapToDouble(e -> e.getValue().getScore())
                .max().orElseThrow();
        if (bytes > NOTHING) {
            throw new IllegalStateException(benchmark + " allocates " + bytes + " bytes for each access");
        }
        return result.getPrimaryResult().getScore();
    }
}
