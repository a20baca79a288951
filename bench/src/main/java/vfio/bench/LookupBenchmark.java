// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import vfio.pci.core.alias.AliasLine;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.internal.match.Candidate;
import vfio.pci.core.internal.match.MatchIndex;
import vfio.pci.core.internal.match.MatchRules;
import vfio.realworld.matching.Corpus;
import vfio.realworld.matching.DrawnKeys;

/**
 * A key's text to its ranked candidates with their reasons, over real id tables, with the daemon's collector and heap. JMH
 * makes and drops it for each fork.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = {"-XX:+UseSerialGC", "-Xms24m", "-Xmx256m"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class LookupBenchmark {
    private static final int KEYS = 20_000;
    private static final long SEED = 20_260_101;

    /** Which corpus. */
    @Param("kernel-6.1")
    public String corpus;

    private MatchIndex index;
    private String[] keys;
    private int next;

    /** The keys that we and the peer are asked, the same in every run. */
    static List<String> keys(Corpus corpus) {
        List<PciDeviceId> patterns = corpus.aliases().stream().map(AliasLine::id).filter(id -> id.overrideOnly() == 0)
                .toList();
        return new DrawnKeys(patterns, SEED).draw(KEYS).stream().map(DeviceKey::toString).toList();
    }

    /** Reads the tables; not measured. */
    @Setup
    public void read() {
        Corpus tables = Corpus.named(corpus);
        index = MatchIndex.of(MatchRules.MERGED, tables.drivers());
        keys = keys(tables).toArray(String[]::new);
    }

    /** One lookup, the key's parsing included. */
    @Benchmark
    public List<Candidate> lookup() {
        String key = keys[next];
        next = next + 1 == keys.length ? 0 : next + 1;
        return index.candidates(DeviceKey.parse(key), null);
    }
}
