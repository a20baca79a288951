// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.CAP_ID_VPD;
import static vfio.pci.core.id.PciRegisters.VPD_ADDR;
import static vfio.pci.core.id.PciRegisters.VPD_ADDR_F;
import static vfio.pci.core.id.PciRegisters.VPD_DATA;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/**
 * VPD, PCI 3.0 appendix I: address and data are the shadow's, and a write that reaches the address's upper byte moves
 * four bytes. F is toggled when they are moved; a user whose transfer failed waits for it in vain.
 */
final class VitalProductData extends PlainRange {
    static final CapabilityKind KIND = CapabilityKind.of(CAP_ID_VPD, 8)
            .with(Register.virtual(VPD_ADDR, 2), Register.virtual(VPD_DATA, 4))
            .acting((start, shadow, function) -> new VitalProductData(start, shadow));

    private static final int SPACE = 0x8000;
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
        int upper = start + VPD_ADDR + 1;
        if (position <= upper && position + width > upper) {
            int address = shadow.get(start + VPD_ADDR, 2);
            if (transfer(address)) {
                shadow.set(start + VPD_ADDR, 2, address ^ VPD_ADDR_F);
            }
        }
    }

    private boolean transfer(int address) {
        try {
            return (address & VPD_ADDR_F) != 0 ? store(address) : fetch(address);
        } catch (VfioException failed) {
            return false; // to the user as silent as a function that never answers
        }
    }

    /** Stores four bytes; only aligned dwords can be written. */
    private boolean store(int address) {
        ConfigSpace hardware = shadow.hardware();
        if ((address & 3) != 0) {
            return false;
        }
        hardware.write(start + VPD_DATA, 4, shadow.get(start + VPD_DATA, 4));
        hardware.write(start + VPD_ADDR, 2, address);
        return toggled(address);
    }

    /** Fetches four bytes; an address between two dwords takes bytes of both, and behind the last dword there are zeros. */
    private boolean fetch(int address) {
        ConfigSpace hardware = shadow.hardware();
        int data = 0;
        int shift = 8 * (address & 3);
        for (int at = address & ~3; at < Math.min(address + 4, SPACE); at += 4) {
            hardware.write(start + VPD_ADDR, 2, at);
            if (!toggled(at)) {
                return false;
            }
            int dword = hardware.read(start + VPD_DATA, 4);
            data |= at <= address ? dword >>> shift : dword << 32 - shift;
        }
        shadow.set(start + VPD_DATA, 4, data);
        return true;
    }

    private boolean toggled(int address) {
        long began = System.nanoTime();
        while (((shadow.hardware().read(start + VPD_ADDR, 2) ^ address) & VPD_ADDR_F) == 0) {
            if (System.nanoTime() - began > LIMIT_NANOS) {
                return false;
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        return true;
    }
}
