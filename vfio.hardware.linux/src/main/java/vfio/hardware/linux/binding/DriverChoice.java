// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.binding;

import java.util.List;
import java.util.stream.Collectors;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.pci.core.bus.PciFunction.KernelDriver;
import vfio.pci.core.id.DeviceKey;

/**
 * The VFIO drivers of one kernel module that a function may get, in the order in which they are tried. There are several only
 * where the module has several and it is not known which of them is VFIO's.
 *
 * @param drivers the drivers' names; none while the module is not loaded
 */
record DriverChoice(GuardedFunction function, String module, List<String> drivers) {

    /**
     * Chooses the best driver, or the one of a name; a module may be named where its driver is not known yet.
     *
     * @throws VfioException ENODEV where there is none
     */
    static DriverChoice of(GuardedFunction function, DeviceKey key, String wanted, VfioDrivers known) {
        List<KernelDriver> matching = known.matching(key, function);
        List<KernelDriver> fit = matching.stream().filter(each -> wanted == null || wanted.equals(each.driver())
                || each.driver() == null && wanted.equals(each.module())).toList();
        if (fit.isEmpty()) {
            throw new VfioException(Errno.ENODEV, act(function) + (wanted == null ? "" : " to " + wanted)
                    + ": the kernel has no such VFIO driver for it; it has " + (matching.isEmpty() ? "none, load vfio-pci"
                    : matching.stream().map(DriverChoice::name).collect(Collectors.joining(", "))));
        }
        String module = fit.get(0).module();
        return new DriverChoice(function, module, fit.stream().filter(each -> each.module().equals(module))
                .filter(each -> each.driver() != null).map(KernelDriver::driver).toList());
    }

    static String act(GuardedFunction function) {
        return "bind " + function + " on its host";
    }

    private static String name(KernelDriver driver) {
        return driver.driver() == null ? "module " + driver.module() : driver.driver();
    }

    boolean isLoaded() {
        return !drivers.isEmpty();
    }

    /** Returns the driver that is tried first; null while it is not known. */
    String first() {
        return isLoaded() ? drivers.get(0) : null;
    }

    /** Returns this choice with the drivers that the module, which is loaded now, has registered. */
    DriverChoice loaded(VfioDrivers known) {
        List<String> registered = known.registeredBy(module);
        if (registered.isEmpty()) {
            throw new VfioException(Errno.ENODEV, act(function) + ": module " + module
                    + " is loaded and has no PCI driver of VFIO's");
        }
        return new DriverChoice(function, module, registered);
    }

    /** Returns the text for a plan. */
    @Override
    public String toString() {
        return switch (drivers.size()) {
            case 0 -> "the driver of module " + module;
            case 1 -> first();
            default -> first() + ", or where that is none of VFIO's "
                    + String.join(" or ", drivers.subList(1, drivers.size()));
        };
    }
}
