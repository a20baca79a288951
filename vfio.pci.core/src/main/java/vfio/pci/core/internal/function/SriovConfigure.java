// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.concurrent.locks.ReentrantLock;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciFunction;

/**
 * The VFs of one PF that a VFIO driver has, changed one call at a time (vfio_pci_core_sriov_configure). From before the first
 * VF appears until the last has gone the PF stays in D0, since a VF never has more power than its PF.
 */
final class SriovConfigure {
    private final PciFunction function;
    private final ReentrantLock deviceLock;
    private volatile boolean enabling;

    /**
     * Makes the configuration of a PF's VFs.
     *
     * @param deviceLock held while VFs come or go, so that the PF is not reset meanwhile
     */
    SriovConfigure(PciFunction function, ReentrantLock deviceLock) {
        this.function = function;
        this.deviceLock = deviceLock;
    }

    /** Tells whether the PF must stay in D0; takes no lock. */
    boolean holdsPower() {
        return enabling || !function.virtualFunctions().isEmpty();
    }

    /**
     * Makes VFs appear, or takes them away.
     *
     * @param wake brings the PF to D0
     * @param rest lets the PF sleep again where nobody uses it
     * @throws VfioException EINVAL where VFs are there already; else what the bus answered
     */
    void configure(int count, Runnable wake, Runnable rest) {
        deviceLock.lock();
        try {
            if (count == 0) {
                function.enableVirtualFunctions(0);
            } else {
                enable(count, wake);
            }
        } finally {
            enabling = false;
            if (!holdsPower()) {
                rest.run();
            }
            deviceLock.unlock();
        }
    }

    private void enable(int count, Runnable wake) {
        int there = function.virtualFunctions().size();
        if (there > 0) {
            throw new VfioException(Errno.EINVAL, "set " + count + " VFs of " + function.address() + ": " + there
                    + " are there already; take those away first");
        }
        enabling = true; // before D0, so that no user's power-down comes between
        wake.run();
        function.enableVirtualFunctions(count);
    }
}
