// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** The guest's own view of its functions, and what its operator does to them. */
final class Guest {
    private static final Path DEVICES = Path.of("/sys/bus/pci/devices");

    private Guest() {
    }

    /** Vendor and device of each function, by name. */
    static Map<String, String> functions() throws IOException {
        Map<String, String> all = new TreeMap<>();
        try (Stream<Path> entries = Files.list(DEVICES)) {
            for (Path entry : entries.toList()) {
                all.put(entry.getFileName().toString(), id(entry, "vendor") + ":" + id(entry, "device"));
            }
        }
        return all;
    }

    private static String id(Path entry, String file) throws IOException {
        return Files.readString(entry.resolve(file)).trim().substring(2);
    }

    /** The first function with these ids. */
    static String function(String ids) throws IOException {
        return functions().entrySet().stream().filter(entry -> entry.getValue().equals(ids)).map(Map.Entry::getKey)
                .findFirst().orElseThrow(() -> new AssertionError("the guest has no " + ids));
    }

    /** The kernel's driver of a function, or the empty text. */
    static String driver(String function) throws IOException {
        Path link = DEVICES.resolve(function).resolve("driver");
        return Files.exists(link) ? link.toRealPath().getFileName().toString() : "";
    }

    /** What an operator does to give a function to VFIO. */
    static void give(String function) throws IOException {
        if (!driver(function).equals("vfio-pci")) {
            Files.writeString(DEVICES.resolve(function).resolve("driver_override"), "vfio-pci");
            reprobe(function);
        }
    }

    /** Gives a function to a driver that does not ask for it, or to none. */
    static void rebind(String function, String driver) throws IOException {
        write(function, "driver_override", driver.isEmpty() ? "\n" : driver);
        if (!driver(function).isEmpty()) {
            write(function, "driver/unbind", function);
        }
        if (!driver.isEmpty()) {
            Files.writeString(Path.of("/sys/bus/pci/drivers_probe"), function);
        }
        if (!driver(function).equals(driver)) {
            throw new AssertionError(function + " is bound to '" + driver(function) + "', not to '" + driver + "'");
        }
    }

    /** What an operator writes, by hand, to a file of a function's directory. */
    static void write(String function, String file, String text) throws IOException {
        Files.writeString(DEVICES.resolve(function).resolve(file), text);
    }

    /** Whether users of PFs that vfio-pci has may make VFs. */
    static void allowVirtualFunctions(boolean allowed) throws IOException {
        Files.writeString(Path.of("/sys/module/vfio_pci/parameters/enable_sriov"), allowed ? "Y" : "N");
    }

    /** All functions with these ids, in order. */
    static List<String> all(String ids) throws IOException {
        return functions().entrySet().stream().filter(entry -> entry.getValue().equals(ids)).map(Map.Entry::getKey).toList();
    }

    static Path directory(String function) {
        return DEVICES.resolve(function);
    }

    /** The card that can be pulled: the last one. */
    static String removable() throws IOException {
        List<String> cards = all("8086:10d3");
        return cards.get(cards.size() - 1);
    }

    /** Asks QEMU to pull that card; the kernel lets it go when it likes. */
    static void unplug() throws IOException {
        qemu("{\"execute\": \"device_del\", \"arguments\": {\"id\": \"unplugged\"}}");
    }

    /** Plugs it in again, and awaits that it is there: others come after this. */
    static void plug(String card) throws IOException {
        qemu("{\"execute\": \"device_add\", \"arguments\": {\"driver\": \"e1000e\", \"bus\": \"port4\", "
                + "\"id\": \"unplugged\"}}");
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(directory(card)));
    }

    private static void qemu(String command) throws IOException {
        Files.writeString(Path.of("/run/results/qmp"), command + "\n", StandardOpenOption.APPEND);
    }

    /** The number of a function's IOMMU group. */
    static String group(String function) throws IOException {
        return DEVICES.resolve(function).resolve("iommu_group").toRealPath().getFileName().toString();
    }

    /** Runs a program of busybox, as an operator would; it must succeed. */
    static void run(String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of("/bin/busybox"));
        command.addAll(List.of(words));
        tool(command.toArray(String[]::new));
    }

    /** Runs a program, which must succeed; what it said. */
    static String tool(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.onExit().join().exitValue() != 0) {
            throw new AssertionError(String.join(" ", command) + ": " + said);
        }
        return said;
    }

    /** Gives it back to the driver that the kernel has for it, or to none. */
    static void takeBack(String function) throws IOException {
        Files.writeString(DEVICES.resolve(function).resolve("driver_override"), "\n");
        reprobe(function);
    }

    private static void reprobe(String function) throws IOException {
        if (!driver(function).isEmpty()) {
            Files.writeString(DEVICES.resolve(function).resolve("driver/unbind"), function);
        }
        Files.writeString(Path.of("/sys/bus/pci/drivers_probe"), function);
    }
}
