// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import vfio.hardware.linux.binding.VfioDrivers;
import vfio.hardware.linux.file.CachedValue;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.pci.core.alias.AliasLine;
import vfio.pci.core.bus.PciFunction.KernelDriver;
import vfio.pci.core.id.DeviceKey;

/**
 * The VFIO drivers of the host's kernel. Patterns tell which module matches, links of sysfs tell which drivers a module
 * has: the two names are never made from each other. Whether VFIO has a function is a fact of the function, which the kernel
 * tells since 6.1; before that the module of its driver decides.
 *
 * <p>A driver without patterns is built in, or its modules.alias is not here. Then its id table is unknown to us: the
 * generic driver is taken to match everything, which is its whole table, and another one only what it is bound to.
 */
public final class KernelDrivers implements VfioDrivers {
    private static final String GENERIC_MODULE = "vfio_pci";
    private static final String NO_MODULE = "unknown"; // built in, and without a directory in /sys/module

    private final CachedValue<VfioAliases> aliases;
    private final CachedValue<PciModules> modules;

    /**
     * Reads nothing yet.
     *
     * @param release the folder of the running kernel's modules
     * @param age for how long the modules that were read are taken to be the same
     */
    public KernelDrivers(Path sysfs, Path release, Duration age) {
        aliases = new CachedValue<>(age, () -> VfioAliases.stamp(release), () -> VfioAliases.in(release));
        modules = new CachedValue<>(age, Object::new, () -> PciModules.in(sysfs));
    }

    @Override
    public List<KernelDriver> matching(DeviceKey key, GuardedFunction function) {
        return matching(key, function.driver().orElse(null), function.directory());
    }

    /**
     * Returns the drivers that match a function, best first: fewest wildcards, then module name.
     *
     * @param bound the function's host driver, or null
     */
    List<KernelDriver> matching(DeviceKey key, String bound, SysfsDirectory function) {
        VfioAliases known = aliases.get();
        PciModules loaded = modules.get();
        String given = bound != null && has(known, loaded, bound, function) ? bound : null;
        List<KernelDriver> drivers = new ArrayList<>();
        Set<String> seen = new TreeSet<>();
        known.lines().stream().filter(line -> line.id().agrees(key))
                .sorted(Comparator.<AliasLine>comparingInt(line -> line.id().rank()).thenComparing(AliasLine::module))
                .filter(line -> seen.add(line.module()))
                .forEach(line -> add(drivers, line.module(), line.pattern(), loaded));
        Set<String> patterned = new TreeSet<>();
        known.lines().forEach(line -> patterned.add(line.module()));
        addUnpatterned(drivers, unpatterned(known, loaded, patterned), loaded, given);
        if (given == null) {
            drivers.removeIf(each -> each.driver() != null && each.driver().equals(bound));
        } else if (drivers.stream().noneMatch(each -> given.equals(each.driver()))) { // by an id that was written to it
            drivers.add(0, new KernelDriver(loaded.moduleOf(given).orElse(NO_MODULE), given, null));
        }
        return drivers;
    }

    @Override
    public List<String> registeredBy(String module) {
        modules.forget();
        return modules.get().vfioDriversOf(module);
    }

    @Override
    public boolean have(GuardedFunction function) {
        return function.driver()
                .filter(driver -> has(aliases.get(), modules.get(), driver, function.directory())).isPresent();
    }

    private static boolean has(VfioAliases known, PciModules loaded, String driver, SysfsDirectory function) {
        return loaded.vfioHas(function).orElseGet(() -> {
            Set<String> names = knownWithoutPattern(known, loaded);
            known.lines().forEach(line -> names.add(line.module()));
            return names.stream().anyMatch(module -> loaded.driversOf(module).contains(driver));
        });
    }

    /** Tells whether the kernel has a VFIO driver, loaded or not. */
    boolean any() {
        return !aliases.get().lines().isEmpty() || !modules.get().driversOf(GENERIC_MODULE).isEmpty();
    }

    private static Set<String> unpatterned(VfioAliases known, PciModules loaded, Set<String> patterned) {
        Set<String> names = knownWithoutPattern(known, loaded);
        names.removeAll(patterned);
        return names;
    }

    /** Returns the modules that are VFIO's whether or not a pattern says so. */
    private static Set<String> knownWithoutPattern(VfioAliases known, PciModules loaded) {
        Set<String> names = new TreeSet<>(known.builtIn());
        names.addAll(loaded.vfioPciCoreUsers());
        names.add(GENERIC_MODULE);
        return names;
    }

    /** Adds drivers of one kind of device before the generic one. A module without a PCI driver adds none. */
    private static void addUnpatterned(List<KernelDriver> drivers, Set<String> names, PciModules loaded, String given) {
        int first = 0;
        for (String module : names) {
            List<String> registered = loaded.vfioDriversOf(module);
            if (module.equals(GENERIC_MODULE)) {
                registered.forEach(driver -> drivers.add(new KernelDriver(module, driver, null)));
            } else if (given != null && registered.contains(given)) {
                drivers.add(first++, new KernelDriver(module, given, null));
            }
        }
    }

    private static void add(List<KernelDriver> drivers, String module, String pattern, PciModules loaded) {
        if (loaded.driversOf(module).isEmpty()) {
            drivers.add(new KernelDriver(module, null, pattern));
        }
        loaded.vfioDriversOf(module).forEach(driver -> drivers.add(new KernelDriver(module, driver, pattern)));
    }
}
