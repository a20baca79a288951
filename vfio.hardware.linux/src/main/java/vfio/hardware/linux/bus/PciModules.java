// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import vfio.hardware.linux.sysfs.PrintableText;
import vfio.hardware.linux.sysfs.SysfsDirectory;

/**
 * Which PCI drivers the kernel's modules have registered by now, built-in modules included, and what those have functions
 * for. Two links say which driver is whose, from either side, and the kernel may lack one of them.
 */
final class PciModules {
    private static final String PCI = "pci:";
    /** In the directory of a function that VFIO has, whatever its driver is (drivers/vfio/vfio_main.c, since 6.1). */
    private static final String VFIO_DEVICE = "vfio-dev";

    /** What a driver has its functions for. */
    private enum Purpose { VFIO, UNKNOWN, OTHER }

    private final Map<String, Set<String>> drivers = new TreeMap<>();
    private final Set<String> vfioPciCoreUsers = new TreeSet<>();
    private final SysfsDirectory folder;
    private final boolean marked;
    private final Map<String, Purpose> uses = new ConcurrentHashMap<>();

    private PciModules(SysfsDirectory sysfs) {
        folder = sysfs.child("bus/pci/drivers");
        marked = sysfs.has("class/" + VFIO_DEVICE);
    }

    static PciModules in(Path sysfs) {
        PciModules found = new PciModules(new SysfsDirectory(sysfs));
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
        return List.copyOf(drivers.getOrDefault(module, Set.of()));
    }

    /**
     * Those of a VFIO module that may be VFIO's. A module may have others beside: what has functions that VFIO does not have
     * is none. Those that have functions of VFIO come first, then those that are called so: a name proves nothing, and tells
     * what to try before the rest.
     */
    List<String> vfioDriversOf(String module) {
        List<String> all = driversOf(module);
        if (all.size() < 2 || !marked) {
            return all;
        }
        return all.stream().filter(driver -> use(driver) != Purpose.OTHER).sorted(Comparator.comparing(this::use)
                .thenComparing(driver -> !driver.contains("vfio")).thenComparing(Comparator.naturalOrder())).toList();
    }

    private Purpose use(String driver) {
        return uses.computeIfAbsent(driver, name -> {
            SysfsDirectory directory = folder.child(name);
            List<String> functions = directory.names().stream().filter(entry -> entry.indexOf(':') > 0).toList();
            return functions.isEmpty() ? Purpose.UNKNOWN
                    : functions.stream().allMatch(function -> has(directory.child(function))) ? Purpose.VFIO : Purpose.OTHER;
        });
    }

    /** Whether VFIO has a function; empty where the kernel does not say (before 6.1). */
    Optional<Boolean> vfioHas(SysfsDirectory function) {
        return marked ? Optional.of(has(function)) : Optional.empty();
    }

    private static boolean has(SysfsDirectory function) {
        return function.has(VFIO_DEVICE);
    }

    /** The module that has registered a driver. */
    Optional<String> moduleOf(String driver) {
        return drivers.entrySet().stream().filter(module -> module.getValue().contains(driver)).map(Map.Entry::getKey)
                .findFirst();
    }

    /** Loaded modules that are built on the kernel's vfio_pci_core. */
    Set<String> vfioPciCoreUsers() {
        return vfioPciCoreUsers;
    }
}
