// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import vfio.core.SharedMemory;
import vfio.pci.core.id.PciAddress;

/** The bus that a function is plugged into, as far as the function needs it. */
public interface FunctionBus {

    /** Returns the source of the memory behind BARs. */
    SharedMemory.Source memory();

    /** Returns the factories of device models. */
    DeviceModels models();

    /**
     * Sets NumVFs and VF Enable of a PF; 0 disables.
     *
     * @throws vfio.core.VfioException as {@link vfio.hardware.emulated.Hotplug#enableVirtualFunctions}
     */
    void enableVirtualFunctions(PciAddress pf, int count);

    /** Makes the VFs of a PF what its registers say, after a driver wrote VF Enable or a reset cleared it. */
    void virtualFunctionsSwitched(EmulatedFunction pf);

    /**
     * Resets the bus that a function is on, by the bridge above it.
     *
     * @throws vfio.core.VfioException ENOTTY where the bus is a root bus or its bridge has no reset; EIO where the reset
     *     fails
     */
    void resetBus(EmulatedFunction function);

    /** Tells whether a function is behind a bridge that can reset its bus. */
    boolean busResettable(EmulatedFunction function);

    /** Resets all functions behind a bridge. */
    void resetBelow(EmulatedFunction bridge);
}
