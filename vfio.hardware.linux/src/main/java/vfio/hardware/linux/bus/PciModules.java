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
 * The PCI drivers that the kernel's modules have registered, built-in modules included, and whether VFIO has the functions of
 * each. Two links, one from either side, tell which module has a driver, and the kernel may lack one of them.
 */
final class PciModules {
    private static final String PCI = "pci:";
    /** A directory of each function that VFIO has, by whatever driver (drivers/vfio/vfio_main.c, since 6.1). */
    private static final String VFIO_DEVICE = "vfio-dev";

    /** The use that a driver makes of its functions. */
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

    /** Returns the names of a module's PCI drivers; none while it is not loaded. */
    List<String> driversOf(String module) {
        return List.copyOf(drivers.getOrDefault(module, Set.of()));
    }

    /**
     * Returns the drivers of a VFIO module that may be VFIO's. A driver that has functions which VFIO does not have is left
     * out. Drivers that have functions of VFIO come first, then those with vfio in their name: a name proves nothing, but
     * tells what to try before the rest.
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

    /** Tells whether VFIO has a function; empty where the kernel does not say (before 6.1). */
    Optional<Boolean> vfioHas(SysfsDirectory function) {
        return marked ? Optional.of(has(function)) : Optional.empty();
    }

    private static boolean has(SysfsDirectory function) {
        return function.has(VFIO_DEVICE);
    }

    /** Returns the module that has registered a driver. */
    Optional<String> moduleOf(String driver) {
        return drivers.entrySet().stream().filter(module -> module.getValue().contains(driver)).map(Map.Entry::getKey)
                .findFirst();
    }

    /** Returns the loaded modules that use the kernel's vfio_pci_core. */
    Set<String> vfioPciCoreUsers() {
        return vfioPciCoreUsers;
    }
}
