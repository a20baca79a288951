// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

/** PCI advanced features, the engineering change of 2006: a function level reset for what is not PCI Express. */
final class AdvancedFeatures extends PlainRange {
    static final CapabilityKind KIND = CapabilityKind.of(0x13, 6)
            .with(new Register(AdvancedFeatures.CONTROL, 1, AdvancedFeatures.INITIATE_FLR, AdvancedFeatures.INITIATE_FLR))
            .acting(AdvancedFeatures::new);

    private static final int CAPABILITIES = 3;
    private static final int TP_AND_FLR = 3;
    private static final int CONTROL = 4;
    private static final int INITIATE_FLR = 1;

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
        int control = shadow.get(start + CONTROL, 1);
        if ((control & INITIATE_FLR) != 0) {
            shadow.set(start + CONTROL, 1, control & ~INITIATE_FLR);
            if ((shadow.hardware().read(start + CAPABILITIES, 1) & TP_AND_FLR) == TP_AND_FLR) {
                FunctionReset.attempt(function);
            }
        }
    }
}
