// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.util.List;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import vfio.realworld.matching.Corpus;
import vfio.realworld.matching.KmodLookup;

/**
 * Nanoseconds a lookup, ours and libkmod's in turn over the same aliases and keys: a fork of JMH, then as many passes of a
 * C program.
 *
 * @param corpus the folder of the aliases among the corpora
 */
record Lookup(String name, String corpus) implements Measurement {
    private static final int RUNS = 5;
    private static final double SECONDS = 1;

    @Override
    public Result measure(Place place) throws IOException, InterruptedException, RunnerException {
        Corpus tables = Corpus.named(corpus);
        List<String> keys = LookupBenchmark.keys(tables);
        KmodLookup libkmod = KmodLookup.build(place.folder("libkmod"));
        double[] ours = new double[RUNS];
        double[] theirs = new double[RUNS];
        for (int run = 0; run < RUNS; run++) {
            ours[run] = ours(place);
            theirs[run] = libkmod.nanoseconds(tables.folder(), keys, SECONDS);
            System.err.printf("bench:   %.1f ns, libkmod %.1f ns%n", ours[run], theirs[run]);
        }
        return Result.of(name, "ns", ours, "libkmod", theirs);
    }

    private double ours(Place place) throws RunnerException {
        Options options = new OptionsBuilder().include("^" + LookupBenchmark.class.getName().replace(".", "\\.") + "\\.")
                .param("corpus", corpus).jvmArgsAppend("-Dvfio.corpora=" + place.corpora())
                .output(place.temporary().resolve("jmh.log").toString()).shouldFailOnError(true).build();
        return new Runner(options).runSingle().getPrimaryResult().getScore();
    }
}
