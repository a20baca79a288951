// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

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

    /** All functions with these ids, in order. */
    static List<String> all(String ids) throws IOException {
        return functions().entrySet().stream().filter(entry -> entry.getValue().equals(ids)).map(Map.Entry::getKey).toList();
    }

    static Path directory(String function) {
        return DEVICES.resolve(function);
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
