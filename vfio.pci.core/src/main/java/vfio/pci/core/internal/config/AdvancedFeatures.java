// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.AF_CAP;
import static vfio.pci.core.id.PciRegisters.AF_CAP_FLR;
import static vfio.pci.core.id.PciRegisters.AF_CAP_TP;
import static vfio.pci.core.id.PciRegisters.AF_CTRL;
import static vfio.pci.core.id.PciRegisters.AF_CTRL_FLR;
import static vfio.pci.core.id.PciRegisters.CAP_ID_AF;

/** PCI advanced features, the engineering change of 2006: a function level reset for what is not PCI Express. */
final class AdvancedFeatures extends PlainRange {
    static final CapabilityKind KIND = CapabilityKind.of(CAP_ID_AF, 6)
            .with(new Register(AF_CTRL, 1, AF_CTRL_FLR, AF_CTRL_FLR))
            .acting(AdvancedFeatures::new);

    private static final int TP_AND_FLR = AF_CAP_TP | AF_CAP_FLR;

    private final int start;
    private final EnabledFunction function;

    private AdvancedFeatures(int start, Shadow shadow, EnabledFunction function) {
        super(shadow);
        this.start = start;
        this.function = function;
    }

    @Override
    public void write(int position, int width, int value) {
        super.write(position, width, value);
        int control = shadow.get(start + AF_CTRL, 1);
        if ((control & AF_CTRL_FLR) != 0) {
            shadow.set(start + AF_CTRL, 1, control & ~AF_CTRL_FLR);
            if ((shadow.hardware().read(start + AF_CAP, 1) & TP_AND_FLR) == TP_AND_FLR) {
                FunctionReset.attempt(function);
            }
        }
    }
}
