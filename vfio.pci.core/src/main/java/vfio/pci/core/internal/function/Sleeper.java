// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static vfio.pci.core.id.PciRegisters.D0;

import vfio.pci.core.internal.irq.Interrupts;
import vfio.pci.core.internal.power.LowPower;
import vfio.pci.core.internal.power.PowerState;

/** The hardware side of an open function's sleep: its power state and its pin. */
record Sleeper(PowerState state, Interrupts interrupts) implements LowPower.Hardware {
    @Override
    public boolean sleep() {
        return state.rest();
    }

    @Override
    public void wake() {
        state.enter(D0);
    }

    @Override
    public boolean maskIntx() {
        return interrupts.maskIntx();
    }

    @Override
    public void unmaskIntx() {
        interrupts.unmaskIntx();
    }
}
