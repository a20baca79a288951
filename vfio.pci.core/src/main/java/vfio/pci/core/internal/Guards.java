// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.util.Optional;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.PciFunction;
import vfio.pci.core.PciFunction.Host;

/**
 * What no driver may be bound to: what vfio_pci_core_register_device refuses (drivers/vfio/pci/vfio_pci_core.c), and a function
 * that its host has not given to VFIO and that cannot be taken from it.
 */
final class Guards {
    private Guards() {
    }

    /** Why nothing may be bound to a function, or empty. */
    static Optional<VfioException> refusal(FunctionSlot slot) {
        return fixed(slot).or(() -> given(slot) || slot.function().hostBinding().isPresent() ? Optional.empty()
                : Optional.of(withheld(slot)));
    }

    /** Why nothing may ever be bound to a function as it is, whoever has it on its host. */
    static Optional<VfioException> fixed(FunctionSlot slot) {
        PciFunction function = slot.function();
        if (!slot.bus().bindable()) {
            return Optional.of(new VfioException(Errno.EOPNOTSUPP, "bind " + slot.name() + ": the functions of bus "
                    + slot.bus().name() + " are listed and explained, not bound"));
        }
        if (function.headerType() != 0) {
            return Optional.of(new VfioException(Errno.EINVAL, "bind " + slot.name() + ": it is a bridge (header type "
                    + function.headerType() + "); only functions with header type 0 can be bound"));
        }
        int active = function.virtualFunctions().size();
        if (active > 0) {
            return Optional.of(new VfioException(Errno.EBUSY, "bind " + slot.name() + ": it is a PF with " + active
                    + " active VFs; disable them first, or bind the VFs"));
        }
        return Optional.empty();
    }

    /** Whether the host's driver is a VFIO driver, or there is no host below. */
    static boolean given(FunctionSlot slot) {
        return slot.function().host().map(host -> host.driver() != null
                && host.vfioDrivers().stream().anyMatch(driver -> host.driver().equals(driver.driver()))).orElse(true);
    }

    private static VfioException withheld(FunctionSlot slot) {
        Host host = slot.function().host().orElseThrow();
        String wanted = host.vfioDrivers().stream().filter(driver -> driver.driver() != null).findFirst()
                .map(driver -> driver.driver()).orElse("a VFIO driver of the kernel, whose module must be loaded first");
        return host.driver() == null
                ? new VfioException(Errno.ENODEV, "bind " + slot.name() + ": no driver of its host has it; bind it to "
                        + wanted + " there first, as by driverctl set-override")
                : new VfioException(Errno.EBUSY, "bind " + slot.name() + ": driver " + host.driver()
                        + " of its host has it; bind it to " + wanted + " there first, as by driverctl set-override");
    }
}
