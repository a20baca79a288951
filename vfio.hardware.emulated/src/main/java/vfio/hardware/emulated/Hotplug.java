// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;

/**
 * Changes the emulated bus while it runs; a service. A call returns when the change is done; the listener of the bus is
 * told before that, or right after the call it is in when another thread is telling it something.
 */
@ProviderType
public interface Hotplug {

    /**
     * @throws VfioException EEXIST where the place, or that of a VF to be enabled, is taken; ERANGE for a VF off the domain
     */
    PciFunction plug(FunctionSpec spec);

    /**
     * Surprise removal: config space reads all ones from now on. VFs and what is behind a bridge go first.
     *
     * @throws VfioException ENODEV where nothing is there; EINVAL for a VF
     */
    void unplug(PciAddress address);

    /**
     * Sets NumVFs and VF Enable as {@code sriov_numvfs} does; 0 disables.
     *
     * @throws VfioException ENODEV where nothing is there; EOPNOTSUPP without SR-IOV; ERANGE beyond TotalVFs or off the
     *         domain; EBUSY where another number is enabled; EEXIST where a VF's place is taken
     */
    void enableVirtualFunctions(PciAddress pf, int count);

    /**
     * Sets {@code sriov_drivers_autoprobe}.
     *
     * @throws VfioException ENODEV where nothing is there; EOPNOTSUPP without SR-IOV
     */
    void driversAutoprobe(PciAddress pf, boolean autoprobe);

    /** @throws VfioException ENODEV where nothing is there */
    PciFunction function(PciAddress address);

    /**
     * The function sends an MSI or MSI-X message, as its model would.
     *
     * @throws VfioException ENODEV where nothing is there
     */
    void raise(PciAddress address, int vector);

    /**
     * The function asserts its interrupt pin, or lets it go.
     *
     * @throws VfioException ENODEV where nothing is there
     */
    void assertIntx(PciAddress address, boolean asserted);

    /**
     * The function reports an uncorrectable error.
     *
     * @throws VfioException ENODEV where nothing is there
     */
    void reportError(PciAddress address);

    /**
     * The function asks to be woken (PME).
     *
     * @throws VfioException ENODEV where nothing is there
     */
    void wakeUp(PciAddress address);
}
