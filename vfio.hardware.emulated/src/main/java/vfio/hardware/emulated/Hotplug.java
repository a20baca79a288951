// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;

/**
 * The hotplug of the emulated bus: changes it while it runs; a service. A call returns when the change is done. The bus's
 * listener is told before the call returns, or where another thread is telling it something, right after that.
 */
@ProviderType
public interface Hotplug {

    /**
     * Plugs a function in.
     *
     * @throws VfioException EEXIST where the place, or that of a VF to be enabled, is taken; ERANGE for a VF off the domain
     */
    PciFunction plug(FunctionSpec spec);

    /**
     * Pulls a function out, by surprise: config space reads all ones from now on. VFs and what is behind a bridge go first.
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

    /**
     * Returns the function at a place.
     *
     * @throws VfioException ENODEV where nothing is there
     */
    PciFunction function(PciAddress address);

    /**
     * Makes the function send an MSI or MSI-X message, as its model would.
     *
     * @throws VfioException ENODEV where nothing is there
     */
    void raise(PciAddress address, int vector);

    /**
     * Makes the function assert its interrupt pin, or let it go.
     *
     * @throws VfioException ENODEV where nothing is there
     */
    void assertIntx(PciAddress address, boolean asserted);

    /**
     * Makes the function report an uncorrectable error by AER.
     *
     * @throws VfioException ENODEV where nothing is there
     */
    void reportError(PciAddress address);

    /**
     * Makes the function ask to be woken (PME).
     *
     * @throws VfioException ENODEV where nothing is there
     */
    void wakeUp(PciAddress address);
}
