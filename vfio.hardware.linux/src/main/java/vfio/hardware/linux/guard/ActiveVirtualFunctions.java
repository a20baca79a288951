// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.guard;

import java.util.List;

/** The guard of PFs with active VFs, which the kernel's VFIO does not take (vfio_pci_core_register_device: EBUSY). */
final class ActiveVirtualFunctions implements HostGuard {

    @Override
    public String name() {
        return "virtual-functions";
    }

    @Override
    public boolean forceable() {
        return false;
    }

    @Override
    public List<String> objections(GuardedFunction function, String driver) {
        return function.directory().has("virtfn0")
                ? List.of(function + " is a PF with active VFs; take the VFs, or disable them first with 'vfio vfs "
                        + function + " 0'")
                : List.of();
    }
}
