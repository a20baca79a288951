// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.capability;

import static vfio.pci.core.id.PciRegisters.CAP_ID_AGP;
import static vfio.pci.core.id.PciRegisters.CAP_ID_EA;
import static vfio.pci.core.id.PciRegisters.CAP_ID_HT;
import static vfio.pci.core.id.PciRegisters.CAP_ID_PCIX;
import static vfio.pci.core.id.PciRegisters.CAP_ID_SATA;

import vfio.hardware.emulated.config.RegisterBlock;

/**
 * The maker of capabilities below 100h of the time before PCI Express, and others that few functions have. Offsets in the
 * code are relative to the capability, as in uapi/linux/pci_regs.h.
 */
public final class LegacyCapability {
    private static final int SATA_INLINE = 0xf;

    private LegacyCapability() {
    }

    /** Makes Accelerated Graphics Port 3.0, 12 bytes. */
    public static Capability agp() {
        RegisterBlock r = new RegisterBlock(12).u8(2, 0x30).u32(4, 0x1f000e1b).rw(8, 4, 0xff000337);
        return Capability.of(CAP_ID_AGP, r);
    }

    /**
     * Makes PCI-X of a function, 8 bytes; with error correction 24, and then the function has 4096 bytes of configuration
     * space.
     *
     * @param corrects version 2, which has ECC registers
     */
    public static Capability pciX(boolean corrects) {
        RegisterBlock r = new RegisterBlock(corrects ? 24 : 8).u16(2, corrects ? 0x2002 : 0x0002).rw(2, 2, 0x007f);
        // Up to 512 bytes a read, one split transaction, 133 MHz; 266 where it is of version 2.
        r.u32(4, corrects ? 0x40030000 : 0x00030000).w1c(4, 4, 0x200c0000);
        if (corrects) {
            r.rw(8, 4, 0xc0000000 | 0x00000010).w1c(8, 4, 0x0000000f);
        }
        return Capability.of(CAP_ID_PCIX, r);
    }

    /** Makes HyperTransport: the slave block of 28 bytes, or the host block of 24. */
    public static Capability hyperTransport(boolean slave) {
        RegisterBlock r = new RegisterBlock(slave ? 28 : 24).u16(2, slave ? 0x0000 : 0x2000).rw(2, 2, 0x001f);
        // 16 links wide each way, and what each link controls.
        r.u16(4, 0x0020).rw(4, 2, 0x0f42).u16(6, 0x1111).rw(6, 2, 0x7700);
        return Capability.of(CAP_ID_HT, r);
    }

    /** Makes SATA data and index: in BAR 0, 8 bytes; or inline, 16. */
    public static Capability sata(boolean inline) {
        RegisterBlock r = new RegisterBlock(inline ? 16 : 8).u16(2, 0x0010).u32(4, inline ? SATA_INLINE : 0x4);
        if (inline) {
            r.rw(8, 4, 0x00000ffc).rw(12, 4, 0xffffffff);
        }
        return Capability.of(CAP_ID_SATA, r);
    }

    /** Makes enhanced allocation with one entry that stands for BAR 0, 16 bytes: read-only but for its enable bit. */
    public static Capability enhancedAllocation() {
        RegisterBlock r = new RegisterBlock(16).u8(2, 1).u32(4, 0x80ff0002).rw(4, 4, 0x80000000)
                .u32(8, 0xfe000000).u32(12, 0xffc);
        return Capability.of(CAP_ID_EA, r);
    }
}
