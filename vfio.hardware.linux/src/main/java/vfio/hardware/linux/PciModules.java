// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import vfio.hardware.linux.sysfs.PrintableText;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/**
 * Which PCI drivers the kernel's modules have registered by now, built-in modules included. Two links say so, from
 * either side, and the kernel may lack one of them.
 */
final class PciModules {
    private static final String PCI = "pci:";

    private final Map<String, Set<String>> drivers = new TreeMap<>();
    private final Set<String> vfioPciCoreUsers = new TreeSet<>();

    private PciModules() {
    }

    static PciModules in(Path sysfs) {
        PciModules found = new PciModules();
        each(sysfs.resolve("bus/pci/drivers"), (name, directory) -> directory.link("module", warning -> { })
                .ifPresent(module -> found.add(module, name)));
        each(sysfs.resolve("module"), (module, directory) -> each(directory.path().resolve("drivers"), (name, link) -> {
            if (name.startsWith(PCI)) {
                found.add(module, name.substring(PCI.length()));
            }
        }));
        each(sysfs.resolve("module/vfio_pci_core/holders"), (name, link) -> found.vfioPciCoreUsers.add(name));
        return found;
    }

    private void add(String module, String driver) {
        drivers.computeIfAbsent(module, m -> new TreeSet<>()).add(driver);
    }

    private static void each(Path directory, BiConsumer<String, SysfsDirectory> entry) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path path : entries) {
                entry.accept(PrintableText.of(path.getFileName().toString()), new SysfsDirectory(path));
            }
        } catch (IOException | DirectoryIteratorException e) {
            return; // a kernel without modules, or a module that is just being unloaded
        }
    }

    /** Names of a module's PCI drivers; empty while it is not loaded. */
    List<String> driversOf(String module) {
        return new ArrayList<>(drivers.getOrDefault(module, Set.of()));
    }

    /** Loaded modules that are built on the kernel's vfio_pci_core. */
    Set<String> vfioPciCoreUsers() {
        return vfioPciCoreUsers;
    }
}
