// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import vfio.pci.core.PciFunction.ConfigSpace;

/**
 * VPD, PCI 3.0 appendix I: address and data are the shadow's, and a write that reaches the address's upper byte moves
 * four bytes. F is toggled when they are moved; a user whose transfer failed waits for it in vain.
 */
final class VitalProductData extends PlainRange {
    static final CapabilityKind KIND = CapabilityKind.of(0x03, 8)
            .with(Register.virtual(VitalProductData.ADDRESS, 2), Register.virtual(VitalProductData.DATA, 4))
            .acting((start, shadow, function) -> new VitalProductData(start, shadow));

    private static final int ADDRESS = 2;
    private static final int DATA = 4;
    private static final int F = 0x8000;
    private static final long LIMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(125);
    private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(10);

    private final int start;

    private VitalProductData(int start, Shadow shadow) {
        super(shadow);
        this.start = start;
    }

    @Override
    public void write(int position, int width, int value) {
        super.write(position, width, value);
        int upper = start + ADDRESS + 1;
        if (position <= upper && position + width > upper) {
            int address = shadow.get(start + ADDRESS, 2);
            if (transfer(address)) {
                shadow.set(start + ADDRESS, 2, address ^ F);
            }
        }
    }

    private boolean transfer(int address) {
        ConfigSpace hardware = shadow.hardware();
        boolean store = (address & F) != 0;
        if (store) {
            if ((address & 3) != 0) {
                return false; // a write is of aligned dwords
            }
            hardware.write(start + DATA, 4, shadow.get(start + DATA, 4));
        }
        hardware.write(start + ADDRESS, 2, address);
        if (!toggled(address)) {
            return false;
        }
        if (!store) {
            shadow.set(start + DATA, 4, hardware.read(start + DATA, 4));
        }
        return true;
    }

    private boolean toggled(int address) {
        long began = System.nanoTime();
        while (((shadow.hardware().read(start + ADDRESS, 2) ^ address) & F) == 0) {
            if (System.nanoTime() - began > LIMIT_NANOS) {
                return false;
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        return true;
    }
}
