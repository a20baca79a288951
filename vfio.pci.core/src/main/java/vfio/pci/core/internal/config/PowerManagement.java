// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.CAP_ID_PM;
import static vfio.pci.core.id.PciRegisters.D3_HOT;
import static vfio.pci.core.id.PciRegisters.PM_CAP_PME_MASK;
import static vfio.pci.core.id.PciRegisters.PM_CTRL;
import static vfio.pci.core.id.PciRegisters.PM_CTRL_PME_ENABLE;
import static vfio.pci.core.id.PciRegisters.PM_CTRL_PME_STATUS;
import static vfio.pci.core.id.PciRegisters.PM_CTRL_STATE_MASK;
import static vfio.pci.core.id.PciRegisters.PM_PMC;

/** PCI power management 1.2 section 3.2: no PME for a user, and states are changed by the core. */
final class PowerManagement extends PlainRange {
    static final CapabilityKind KIND = CapabilityKind.of(CAP_ID_PM, 8)
            .with(new Register(PM_PMC, 2, PM_CAP_PME_MASK, Register.NONE),
                    new Register(PM_CTRL, 4, PowerManagement.PME, ~(PowerManagement.PME | PM_CTRL_STATE_MASK)))
            .acting(PowerManagement::new);

    /** Enable and status. */
    private static final int PME = PM_CTRL_PME_ENABLE | PM_CTRL_PME_STATUS;

    private final int start;
    private final EnabledFunction function;

    private PowerManagement(int start, Shadow shadow, EnabledFunction function) {
        super(shadow);
        this.start = start;
        this.function = function;
        shadow.set(start + PM_PMC, 2, shadow.get(start + PM_PMC, 2) & ~PM_CAP_PME_MASK);
        shadow.set(start + PM_CTRL, 2, shadow.get(start + PM_CTRL, 2) & ~PME);
    }

    @Override
    public void write(int position, int width, int value) {
        super.write(position, width, value);
        if (position == start + PM_CTRL) {
            enter(value & PM_CTRL_STATE_MASK);
        }
    }

    private void enter(int state) {
        function.lockMemory();
        try {
            if (state == D3_HOT) {
                function.zapMappings();
            }
            function.setPowerState(state);
        } finally {
            function.unlockMemory();
        }
    }
}
