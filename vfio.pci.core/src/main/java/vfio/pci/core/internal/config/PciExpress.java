// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import vfio.pci.core.bus.PciFunction.ConfigSpace;

/** PCI Express, PCIe 6.0 section 7.5.3: function level reset, and the real read request size behind a virtual one. */
final class PciExpress extends PlainRange {
    static final CapabilityKind KIND = CapabilityKind.of(0x10, 12, PciExpress::length)
            .with(new Register(PciExpress.DEVCTL, 2, 0xf0e0, 0xfdff), // FLR, MRRS and MPS; not phantom functions
                    Register.hardware(0x28, 2, 0xffdf)) // DEVCTL2, not ARI forwarding
            .acting(PciExpress::new);

    private static final int FLAGS = 2;
    private static final int DEVCAP = 4;
    private static final int DEVCAP_FLR = 1 << 28;
    private static final int DEVCTL = 8;
    private static final int MPS = 0x00e0;
    private static final int MRRS = 0x7000;
    private static final int FLR = 0x8000;
    private static final int RC_INTEGRATED_ENDPOINT = 9;
    /** 4096 bytes; the two values above are reserved. */
    private static final int LARGEST_MRRS = 5;

    private final int start;
    private final EnabledFunction function;

    private PciExpress(int start, Shadow shadow, EnabledFunction function) {
        super(shadow);
        this.start = start;
        this.function = function;
    }

    /** A root complex integrated endpoint has no link. */
    private static int length(ConfigSpace hardware, int start) {
        int flags = hardware.read(start + FLAGS, 2);
        boolean linkless = (flags >>> 4 & 0xf) == RC_INTEGRATED_ENDPOINT;
        boolean first = (flags & 0xf) == 1;
        return first ? linkless ? 12 : 20 : linkless ? 0x2c : 0x34;
    }

    @Override
    public void write(int position, int width, int value) {
        int before = shadow.get(start + DEVCTL, 2);
        super.write(position, width, value);
        int control = shadow.get(start + DEVCTL, 2);
        if ((control & FLR) != 0) {
            shadow.set(start + DEVCTL, 2, control & ~FLR);
            if ((shadow.hardware().read(start + DEVCAP, 4) & DEVCAP_FLR) != 0) {
                FunctionReset.attempt(function);
            }
        }
        if (((before ^ control) & MRRS) != 0) {
            requestUpTo((control & MRRS) >>> 12);
        }
    }

    /** A request smaller than the payload that the hardware uses would be wasted. */
    private void requestUpTo(int wanted) {
        ConfigSpace hardware = shadow.hardware();
        synchronized (hardware) {
            int control = hardware.read(start + DEVCTL, 2);
            int size = Math.max(wanted, (control & MPS) >>> 5);
            if (size <= LARGEST_MRRS) {
                hardware.write(start + DEVCTL, 2, control & ~(MRRS | FLR) | size << 12);
            }
        }
    }
}
