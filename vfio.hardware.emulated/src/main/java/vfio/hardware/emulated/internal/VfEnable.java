// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.hardware.emulated.Sriov;
import vfio.pci.core.id.PciAddress;

/** The coming and going of VFs; guarded by the table that owns it. */
final class VfEnable {
    private static final Logger LOG = System.getLogger(VfEnable.class.getName());

    private final FunctionTable table;
    private final Map<PciAddress, EmulatedFunction> functions;
    private final IommuGroups groups;

    VfEnable(FunctionTable table, Map<PciAddress, EmulatedFunction> functions, IommuGroups groups) {
        this.table = table;
        this.functions = functions;
        this.groups = groups;
    }

    /** Sets NumVFs and VF Enable, and what they say. */
    void enable(EmulatedFunction pf, int count) {
        int enabled = pf.virtualFunctions().size();
        Sriov sriov = pf.model().sriov().orElseThrow();
        if (count < 0 || count > sriov.total()) {
            throw new VfioException(Errno.ERANGE, "enable " + count + " VFs of " + pf.address() + ": 0 to " + sriov.total()
                    + " are possible");
        }
        if (count != enabled && count > 0 && enabled > 0) {
            throw new VfioException(Errno.EBUSY, "enable " + count + " VFs of " + pf.address() + ": " + enabled
                    + " are enabled; disable them first");
        }
        if (count != enabled) {
            List<PciAddress> places = VfPlaces.free(functions, pf.address(), sriov, count);
            pf.rawConfig().enabledVfs(count);
            replace(pf, places);
        }
    }

    /** Makes the functions what the registers say. */
    void follow(EmulatedFunction pf) {
        int count = pf.rawConfig().enabledVfs();
        Sriov sriov = pf.model().sriov().orElseThrow();
        if (count == pf.virtualFunctions().size()) {
            return;
        }
        try {
            replace(pf, VfPlaces.free(functions, pf.address(), sriov, Math.min(count, sriov.total())));
        } catch (VfioException e) {
            pf.rawConfig().enabledVfs(0);
            LOG.log(Level.WARNING, "VF Enable is cleared again: " + e.getMessage());
        }
    }

    private void replace(EmulatedFunction pf, List<PciAddress> places) {
        List<PciAddress> old = pf.virtualFunctions();
        pf.virtualFunctions(List.of());
        for (int i = old.size() - 1; i >= 0; i--) {
            table.remove(old.get(i));
        }
        add(pf, places);
    }

    /** VFs come, at places that are free. */
    void add(EmulatedFunction pf, List<PciAddress> places) {
        pf.virtualFunctions(places);
        for (PciAddress place : places) {
            table.add(pf.virtualFunction(place, groups.joinOwn()));
        }
    }
}
