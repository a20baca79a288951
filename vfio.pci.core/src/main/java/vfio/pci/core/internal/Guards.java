// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.util.Optional;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.PciFunction;

/** What no driver may be bound to, as vfio_pci_core_register_device refuses it (drivers/vfio/pci/vfio_pci_core.c). */
final class Guards {
    private Guards() {
    }

    /** Why nothing may be bound to a function, or empty. */
    static Optional<VfioException> refusal(FunctionSlot slot) {
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
}
