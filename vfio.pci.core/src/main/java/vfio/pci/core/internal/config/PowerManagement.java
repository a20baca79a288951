// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

/** PCI power management 1.2 section 3.2: no PME for a user, and states are changed by the core. */
final class PowerManagement extends PlainRange {
    static final CapabilityKind KIND = CapabilityKind.of(0x01, 8)
            .with(new Register(PowerManagement.PMC, 2, PowerManagement.PME_SUPPORT, Register.NONE),
                    new Register(PowerManagement.PMCSR, 4, PowerManagement.PME, ~(PowerManagement.PME | PowerManagement.STATE)))
            .acting(PowerManagement::new);

    private static final int PMC = 2;
    private static final int PME_SUPPORT = 0xf800;
    private static final int PMCSR = 4;
    /** Enable and status. */
    private static final int PME = 0x8100;
    private static final int STATE = 3;
    private static final int D3_HOT = 3;

    private final int start;
    private final EnabledFunction function;

    private PowerManagement(int start, Shadow shadow, EnabledFunction function) {
        super(shadow);
        this.start = start;
        this.function = function;
        shadow.set(start + PMC, 2, shadow.get(start + PMC, 2) & ~PME_SUPPORT);
        shadow.set(start + PMCSR, 2, shadow.get(start + PMCSR, 2) & ~PME);
    }

    @Override
    public void write(int position, int width, int value) {
        super.write(position, width, value);
        if (position == start + PMCSR) {
            enter(value & STATE);
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
