// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.lang.System.Logger.Level;
import java.lang.System.Logger;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.internal.function.EmulatedFunction;
import vfio.pci.core.id.PciAddress;

/**
 * The VF Enable and NumVFs registers of PFs, and the VFs that come and go with them. Called with the monitor of the
 * functions present held.
 */
final class VfEnable {
    private static final Logger LOG = System.getLogger(VfEnable.class.getName());

    private final PresentFunctions present;

    VfEnable(PresentFunctions present) {
        this.present = present;
    }

    /**
     * Sets NumVFs and VF Enable, and makes the VFs follow; 0 disables.
     *
     * @throws VfioException ERANGE beyond TotalVFs or off the domain; EBUSY where another number is enabled; EEXIST where a
     *     VF's place is taken
     */
    void enable(EmulatedFunction pf, int count) {
        int enabled = pf.virtualFunctions().size();
        int total = pf.description().totalVfs();
        if (count < 0 || count > total) {
            throw new VfioException(Errno.ERANGE, "enable " + count + " VFs of " + pf.address() + ": 0 to " + total
                    + " are possible");
        }
        if (count != enabled && count > 0 && enabled > 0) {
            throw new VfioException(Errno.EBUSY, "enable " + count + " VFs of " + pf.address() + ": " + enabled
                    + " are enabled; disable them first");
        }
        if (count != enabled) {
            List<PciAddress> places = VfPlaces.free(present.byPlace(), pf.address(), pf.description(), count);
            pf.enabledVfs(count);
            replace(pf, places);
        }
    }

    /** Makes the VFs what the registers say; where that cannot be, clears VF Enable again. */
    void follow(EmulatedFunction pf) {
        int count = pf.enabledVfs();
        FunctionDescription description = pf.description();
        if (count == pf.virtualFunctions().size()) {
            return;
        }
        try {
            replace(pf, VfPlaces.free(present.byPlace(), pf.address(), description, Math.min(count, description.totalVfs())));
        } catch (VfioException e) {
            pf.enabledVfs(0);
            LOG.log(Level.WARNING, "VF Enable is cleared again: " + e.getMessage());
        }
    }

    private void replace(EmulatedFunction pf, List<PciAddress> places) {
        List<PciAddress> old = pf.virtualFunctions();
        pf.virtualFunctions(List.of());
        for (int i = old.size() - 1; i >= 0; i--) {
            present.remove(old.get(i));
        }
        add(pf, places);
    }

    /** Adds VFs at places that are free. */
    void add(EmulatedFunction pf, List<PciAddress> places) {
        pf.virtualFunctions(places);
        for (PciAddress place : places) {
            present.add(pf.virtualFunction(place, present.joinOwn()));
        }
    }
}
