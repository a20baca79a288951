// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Takes the figures named on the command line, prints a table and writes a JSON file. Started by {@code bench/run}. */
public final class Bench {
    private static final Map<String, Measurement> ALL = new LinkedHashMap<>();

    static {
        ALL.put("match.lookup.9k", new Lookup("match.lookup.9k", "kernel-6.1"));
        ALL.put("match.lookup.100k", new Lookup("match.lookup.100k", "scaled"));
        ALL.put("deploy.copyToBound", new CopyToBound());
        ALL.put("start.bound.1000", new StartBound("start.bound.1000", 1_000));
        ALL.put("start.bound.10000", new StartBound("start.bound.10000", 10_000));
        ALL.put("bind.10000", new BindAll("bind.10000", 10_000, 100));
        ALL.put("region.read32", new RegionAccess("region.read32", "read", "opaqueRead"));
        ALL.put("region.write32", new RegionAccess("region.write32", "write", "opaqueWrite"));
        ALL.put("region.read32.driver", new RegionAccess("region.read32.driver", "driverRead", null));
        ALL.put("config.read32", new RegionAccess("config.read32", "configRead", null));
        ALL.put("dma.map.60k", new DmaMap("dma.map.60k", 60_000, 6_000));
        ALL.put("irq.callback.p50", new InterruptLatency("irq.callback.p50", 0.5));
        ALL.put("irq.callback.p999", new InterruptLatency("irq.callback.p999", 0.999));
        ALL.put("mmio.read32", new BesideC("mmio.read32", "mmio", 100_000_000, MemoryReads::new));
        ALL.put("mmio.read32.c", new BesideC("mmio.read32.c", "mmio", 100_000_000, null));
        ALL.put("call.pread", new BesideC("call.pread", "pread", 2_000_000, SystemCall::pread));
        ALL.put("call.ioctl", new BesideC("call.ioctl", "ioctl", 2_000_000, SystemCall::ioctl));
        ALL.put("swap.pause.p50.1", new UpdatePause("swap.pause.p50.1", 0.5, 1, 100));
        ALL.put("swap.pause.p99.1", new UpdatePause("swap.pause.p99.1", 0.99, 1, 100));
        ALL.put("swap.pause.p50.100", new UpdatePause("swap.pause.p50.100", 0.5, 100, 10));
        ALL.put("swap.pause.p99.100", new UpdatePause("swap.pause.p99.100", 0.99, 100, 10));
        ALL.put("swap.pause.p50.1000", new UpdatePause("swap.pause.p50.1000", 0.5, 1_000, 3));
        ALL.put("swap.pause.p99.1000", new UpdatePause("swap.pause.p99.1000", 0.99, 1_000, 3));
        ALL.put("swap.bundle.1000", new UpdateTime("swap.bundle.1000", 1_000, UpdatedDaemon.Update::whole));
        ALL.put("swap.copyToLast.1000", new UpdateTime("swap.copyToLast.1000", 1_000, UpdatedDaemon.Update::copied));
        ALL.put("memory.rss.1000", new ResidentMemory("memory.rss.1000", 1_000));
        ALL.put("daemon.idleCpu", new IdleCpu());
        ALL.put("cli.list", new CommandTime("cli.list", 0, 21));
        ALL.put("cli.list.10000", new CommandTime("cli.list.10000", 10_000, 7));
    }

    private Bench() {
    }

    /** Whether a figure is taken of a daemon that {@code ./vfio} starts, and not in the bench's own process. */
    static boolean ofDaemon(String name) {
        return name.matches("(start|deploy|bind|swap|memory|daemon|cli)\\..*");
    }

    /** Arguments: names (none for all) and {@code --json FILE}; system properties say where things are. */
    public static void main(String[] arguments) throws IOException {
        Set<String> names = new LinkedHashSet<>();
        Path json = null;
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i].equals("--json") && i + 1 < arguments.length) {
                json = Path.of(arguments[++i]);
            } else if (ALL.containsKey(arguments[i])) {
                names.add(arguments[i]);
            } else {
                System.err.println("bench: '" + arguments[i] + "' is no name; names are " + String.join(", ", ALL.keySet()));
                System.exit(2);
            }
        }
        System.exit(run(names.isEmpty() ? ALL.keySet() : names, json));
    }

    private static int run(Set<String> names, Path json) throws IOException {
        Path temporary = Files.createTempDirectory("vfio-bench");
        String corpora = System.getProperty("vfio.corpora", "");
        Place place = new Place(Path.of(System.getProperty("vfio.home", ".")).toAbsolutePath().normalize(),
                corpora.isEmpty() ? null : Path.of(corpora), temporary);
        List<Result> results = new ArrayList<>();
        int failed = 0;
        try {
            for (String name : names) {
                System.err.println("bench: " + name);
                try {
                    results.add(ALL.get(name).measure(place));
                } catch (Exception e) {
                    failed++;
                    System.err.println("bench: " + name + " failed: " + e.getMessage());
                    e.printStackTrace();
                }
            }
        } finally {
            remove(temporary);
        }
        System.out.println(table(results));
        if (json != null) {
            Files.writeString(json, new GsonBuilder().serializeNulls().setPrettyPrinting().create().toJson(results) + "\n");
        }
        return failed == 0 ? 0 : 1;
    }

    private static String table(List<Result> results) {
        return AsciiTable.getTable(AsciiTable.NO_BORDERS, results, List.of(
                new Column().header("NAME").dataAlign(HorizontalAlign.LEFT).with(Result::name),
                number("VALUE").with(result -> text(result.value())),
                new Column().header("UNIT").dataAlign(HorizontalAlign.LEFT).with(Result::unit),
                number("MIN").with(result -> text(result.min())),
                number("MAX").with(result -> text(result.max())),
                number("RUNS").with(result -> Integer.toString(result.runs())),
                new Column().header("PEER").dataAlign(HorizontalAlign.LEFT)
                        .with(result -> result.peer() == null ? "-" : result.peer()),
                number("RATIO").with(result -> result.ratio() == null ? "-" : "%.4f".formatted(result.ratio()))));
    }

    static Column number(String header) {
        return new Column().header(header).dataAlign(HorizontalAlign.RIGHT);
    }

    static String text(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.1f", value);
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
