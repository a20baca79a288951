// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The kernel as oracle of configuration space, infos and SET_IRQS: two functions of each kind that the guest has, the first
 * through the kernel's vfio-pci, the second through our virtualization.
 */
public final class ConfigOracle {
    private static final Path DEVICES = Path.of("/sys/bus/pci/devices");

    private ConfigOracle() {
    }

    /** {@code ConfigOracle SEED STEPS KNOWN}: exits 1 where there is a difference that KNOWN does not explain. */
    public static void main(String[] arguments) throws IOException {
        long seed = Long.parseLong(arguments[0]);
        int steps = Integer.parseInt(arguments[1]);
        Known known = new Known(Path.of(arguments[2]));
        Coverage coverage = new Coverage();
        long start = System.nanoTime();
        int compared = 0;
        int wrong = 0;
        makeVirtualFunctions();
        for (Map.Entry<String, List<String>> kind : pairs().entrySet()) {
            List<String> both = kind.getValue();
            PairTrace trace = new PairTrace(kind.getKey(), both.get(0), both.get(1), seed, known, coverage);
            trace.run(steps);
            compared += trace.compared();
            wrong += trace.wrong();
        }
        System.out.printf("config oracle: seed %d, %d accesses and requests compared, %.1f s%n", seed, compared,
                (System.nanoTime() - start) / 1e9);
        coverage.print();
        known.print();
        System.out.println("config oracle: " + wrong + " disagreements, " + known.count() + " bytes of known ones");
        System.exit(wrong == 0 ? 0 : 1);
    }

    /** The first PF keeps its driver and gets two VFs without one. */
    private static void makeVirtualFunctions() throws IOException {
        for (String name : names()) {
            Path folder = DEVICES.resolve(name);
            if (Files.exists(folder.resolve("sriov_numvfs")) && Files.exists(folder.resolve("driver"))) {
                Files.writeString(folder.resolve("sriov_drivers_autoprobe"), "0");
                Files.writeString(folder.resolve("sriov_numvfs"), "2");
                return;
            }
        }
    }

    private static List<String> names() throws IOException {
        try (Stream<Path> entries = Files.list(DEVICES)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    /** Functions of the same ids and class, by these; those that the guest itself needs left out. */
    private static Map<String, List<String>> pairs() throws IOException {
        Map<String, List<String>> kinds = new TreeMap<>();
        for (String name : names()) {
            Path folder = DEVICES.resolve(name);
            boolean busy = Files.exists(folder.resolve("virtfn0")) || usedByGuest(folder);
            if (!busy && Files.exists(folder.resolve("iommu_group"))) {
                String kind = word(folder, "vendor") + ":" + word(folder, "device") + " class " + word(folder, "class")
                        + (Files.exists(folder.resolve("physfn")) ? " VF" : "");
                kinds.computeIfAbsent(kind, k -> new ArrayList<>()).add(name);
            }
        }
        kinds.values().removeIf(all -> all.size() < 2);
        for (List<String> both : kinds.values()) {
            for (String name : both) {
                release(name);
            }
        }
        return kinds;
    }

    /** Bridges, and what its files come through: 9p. */
    private static boolean usedByGuest(Path folder) throws IOException {
        boolean shares = word(folder, "vendor").equals("1af4") && word(folder, "device").matches("10[04]9");
        return shares || word(folder, "class").startsWith("06");
    }

    private static String word(Path folder, String file) throws IOException {
        return Files.readString(folder.resolve(file)).trim().substring(2);
    }

    private static void release(String name) throws IOException {
        Path driver = DEVICES.resolve(name).resolve("driver");
        if (Files.exists(driver)) {
            Files.writeString(driver.resolve("unbind"), name);
        }
    }
}
