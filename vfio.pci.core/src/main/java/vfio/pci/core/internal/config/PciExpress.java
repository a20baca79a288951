// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.CAP_ID_EXP;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCAP;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCAP_FLR;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL2;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL_BCR_FLR;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL_PAYLOAD;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL_READRQ;
import static vfio.pci.core.id.PciRegisters.EXP_FLAGS;
import static vfio.pci.core.id.PciRegisters.EXP_FLAGS_TYPE;
import static vfio.pci.core.id.PciRegisters.EXP_FLAGS_VERS;
import static vfio.pci.core.id.PciRegisters.EXP_TYPE_RC_END;

import vfio.pci.core.bus.PciFunction.ConfigSpace;

/** PCI Express, PCIe 6.0 section 7.5.3: function level reset, and the real read request size behind a virtual one. */
final class PciExpress extends PlainRange {
    static final CapabilityKind KIND = CapabilityKind.of(CAP_ID_EXP, 12, PciExpress::length)
            .with(new Register(EXP_DEVCTL, 2, 0xf0e0, 0xfdff), // FLR, MRRS and MPS; not phantom functions
                    Register.hardware(EXP_DEVCTL2, 2, 0xffdf)) // not ARI forwarding
            .acting(PciExpress::new);

    /** 4096 bytes; the two values above are reserved. */
    private static final int LARGEST_MRRS = 5;

    private final int start;
    private final EnabledFunction function;

    private PciExpress(int start, Shadow shadow, EnabledFunction function) {
        super(shadow);
        this.start = start;
        this.function = function;
    }

    /** Returns the length by version and type: a root complex integrated endpoint has no link. */
    private static int length(ConfigSpace hardware, int start) {
        int flags = hardware.read(start + EXP_FLAGS, 2);
        boolean linkless = (flags & EXP_FLAGS_TYPE) >>> 4 == EXP_TYPE_RC_END;
        boolean first = (flags & EXP_FLAGS_VERS) == 1;
        return first ? linkless ? 12 : 20 : linkless ? 0x2c : 0x34;
    }

    @Override
    public void write(int position, int width, int value) {
        int before = shadow.get(start + EXP_DEVCTL, 2);
        super.write(position, width, value);
        int control = shadow.get(start + EXP_DEVCTL, 2);
        if ((control & EXP_DEVCTL_BCR_FLR) != 0) {
            shadow.set(start + EXP_DEVCTL, 2, control & ~EXP_DEVCTL_BCR_FLR);
            if ((shadow.hardware().read(start + EXP_DEVCAP, 4) & EXP_DEVCAP_FLR) != 0) {
                FunctionReset.attempt(function);
            }
        }
        if (((before ^ control) & EXP_DEVCTL_READRQ) != 0) {
            requestUpTo((control & EXP_DEVCTL_READRQ) >>> 12);
        }
    }

    /** Sets the hardware's read request size, at least the payload that it uses: smaller requests would be wasted. */
    private void requestUpTo(int wanted) {
        ConfigSpace hardware = shadow.hardware();
        synchronized (hardware) {
            int control = hardware.read(start + EXP_DEVCTL, 2);
            int size = Math.max(wanted, (control & EXP_DEVCTL_PAYLOAD) >>> 5);
            if (size <= LARGEST_MRRS) {
                hardware.write(start + EXP_DEVCTL, 2, control & ~(EXP_DEVCTL_READRQ | EXP_DEVCTL_BCR_FLR) | size << 12);
            }
        }
    }
}
