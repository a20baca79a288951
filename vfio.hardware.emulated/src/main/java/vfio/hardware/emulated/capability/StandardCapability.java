// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.capability;

import static vfio.pci.core.id.PciRegisters.CAP_ID_AF;
import static vfio.pci.core.id.PciRegisters.CAP_ID_MSI;
import static vfio.pci.core.id.PciRegisters.CAP_ID_MSIX;
import static vfio.pci.core.id.PciRegisters.CAP_ID_PM;
import static vfio.pci.core.id.PciRegisters.CAP_ID_SSVID;
import static vfio.pci.core.id.PciRegisters.CAP_ID_VNDR;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCAP2_ATOMIC_COMP128;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCAP2_ATOMIC_COMP32;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCAP2_ATOMIC_COMP64;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCAP2_ATOMIC_ROUTE;

import java.util.Set;
import vfio.hardware.emulated.config.PortType;
import vfio.hardware.emulated.config.RegisterBlock;
import vfio.pci.core.id.PciRegisters;

/** The maker of capabilities below 100h. Offsets in the code are relative to the capability, as in uapi/linux/pci_regs.h. */
public final class StandardCapability {

    /** The AtomicOps of a device or port (PCIe 6.0 §7.5.3.15): it completes those of so many bits, or routes all. */
    public enum AtomicOp {
        OPERANDS_32(EXP_DEVCAP2_ATOMIC_COMP32), OPERANDS_64(EXP_DEVCAP2_ATOMIC_COMP64),
        OPERANDS_128(EXP_DEVCAP2_ATOMIC_COMP128), ROUTING(EXP_DEVCAP2_ATOMIC_ROUTE);

        final int bit;

        AtomicOp(int bit) {
            this.bit = bit;
        }
    }

    private StandardCapability() {
    }

    /** Makes power management, 8 bytes: D0 and D3, PME from D0 and both D3; the function is not reset on the way to D0. */
    public static Capability powerManagement() {
        return powerManagement(false, false);
    }

    /** Makes power management with D1 or D2, and PME from there. */
    public static Capability powerManagement(boolean d1, boolean d2) {
        RegisterBlock r = new RegisterBlock(8).u16(2, 0xc803 | (d1 ? 0x1200 : 0) | (d2 ? 0x2400 : 0)).u16(4, 0x0008);
        r.rw(4, 2, 0x0103).w1c(4, 2, 0x8000).sticky(4, 2, 0x8100);
        return Capability.of(CAP_ID_PM, r);
    }

    /**
     * Makes MSI, 10 to 24 bytes.
     *
     * @param vectors 1, 2, 4, 8, 16 or 32
     * @param wide 64-bit addresses
     * @param maskable a mask bit for each vector
     */
    public static Capability msi(int vectors, boolean wide, boolean maskable) {
        if (vectors < 1 || vectors > 32 || Integer.bitCount(vectors) != 1) {
            throw new IllegalArgumentException("MSI with " + vectors + " vectors; 1, 2, 4, 8, 16 or 32 are possible");
        }
        int data = wide ? 0xc : 0x8;
        RegisterBlock r = new RegisterBlock(data + (maskable ? 12 : 2));
        r.u16(2, Integer.numberOfTrailingZeros(vectors) << 1 | (wide ? 0x80 : 0) | (maskable ? 0x100 : 0));
        r.rw(2, 2, 0x0071).rw(4, 4, 0xfffffffc).rw(data, 2, 0xffff);
        if (wide) {
            r.rw(8, 4, 0xffffffff);
        }
        if (maskable) {
            r.rw(data + 4, 4, (int) ((1L << vectors) - 1));
        }
        return Capability.of(CAP_ID_MSI, r);
    }

    /**
     * Makes MSI-X, 12 bytes.
     *
     * @param vectors 1 to 2048
     * @param bar the memory BAR that holds table and pending bits
     * @param table offset in the BAR, a multiple of 8
     * @param pending offset in the BAR, a multiple of 8
     */
    public static Capability msix(int vectors, int bar, int table, int pending) {
        if (vectors < 1 || vectors > 2048 || bar < 0 || bar > 5 || (table | pending) < 0 || ((table | pending) & 7) != 0) {
            throw new IllegalArgumentException(("MSI-X with %d vectors in BAR %d at %x and %x; 1 to 2048 vectors, "
                    + "BAR 0 to 5 and multiples of 8 are possible").formatted(vectors, bar, table, pending));
        }
        RegisterBlock r = new RegisterBlock(12).u16(2, vectors - 1).rw(2, 2, 0xc000).u32(4, table | bar)
                .u32(8, pending | bar);
        return Capability.of(CAP_ID_MSIX, r);
    }

    /** Makes PCI Express version 2. */
    public static Capability express(PortType type) {
        return express(type, 2);
    }

    /**
     * Makes PCI Express, as long as the registers that its type has: in version 2 52, 60 or 44 bytes, in version 1 20, 36 or
     * 12.
     *
     * @param version 1 or 2
     */
    public static Capability express(PortType type, int version) {
        return express(type, version, Set.of());
    }

    /**
     * Makes PCI Express with AtomicOps, which version 1 does not have. Requests can be enabled where there are any, and
     * blocked on their way out of a port.
     */
    public static Capability express(PortType type, int version, Set<AtomicOp> atomics) {
        if (version < 1 || version > 2) {
            throw new IllegalArgumentException("PCI Express version " + version + "; 1 and 2 are possible");
        }
        RegisterBlock r = express2(type);
        int atomic = atomics.stream().mapToInt(op -> op.bit).sum();
        if (atomic != 0) {
            r.u16(0x24, r.value(0x24) & 0xff | atomic).rw(0x28, 2, r.writable(0x28) & 0xff | (type.port() ? 0xc0 : 0x40));
        }
        if (version == 1) {
            r = r.first(type == PortType.INTEGRATED_ENDPOINT ? 12 : type.forwards() ? 36 : 20);
            r.u8(2, r.value(2) & 0xf0 | 1);
        }
        return Capability.of(PciRegisters.CAP_ID_EXP, r);
    }

    private static int length(PortType type) {
        return switch (type) {
            case ENDPOINT -> 0x34;
            case INTEGRATED_ENDPOINT -> 0x2c;
            default -> 0x3c;
        };
    }

    private static RegisterBlock express2(PortType type) {
        RegisterBlock r = new RegisterBlock(length(type));
        r.u16(2, 2 | type.code() << 4 | (type.forwards() ? 0x100 : 0));
        boolean endpoint = type == PortType.ENDPOINT || type == PortType.INTEGRATED_ENDPOINT;
        // 512-byte payloads, extended tags, role-based error reporting; function level reset for endpoints.
        r.u32(0x04, 0x8022 | (endpoint ? 0x10000000 : 0)).u16(0x08, 0x2810).rw(0x08, 2, 0x79ff).w1c(0x0a, 2, 0x000f);
        r.u32(0x24, 0x1f | (type.forwards() ? 0x20 : 0)).rw(0x28, 2, 0x1f | (type.forwards() ? 0x20 : 0));
        if (type != PortType.INTEGRATED_ENDPOINT) {
            // x16 at 16 GT/s.
            r.u32(0x0c, 0x00400104).rw(0x10, 2, type.forwards() ? 0x00db : 0x00cb).u16(0x12, 0x0104);
            r.u32(0x2c, 0x1e).u16(0x30, 0x4).rw(0x30, 2, 0x000f);
        }
        if (type.forwards()) {
            r.u32(0x14, 0x60).rw(0x18, 2, 0x1fff).w1c(0x1a, 2, 0x011f).u8(0x1a, 0x40);
            r.rw(0x1c, 2, 0x001f).w1c(0x20, 4, 0x10000);
        }
        return r;
    }

    /** Makes vital product data, 8 bytes; the data are those of the function's description. */
    public static Capability vitalProductData() {
        return Capability.of(PciRegisters.CAP_ID_VPD, new RegisterBlock(8).rw(2, 2, 0xffff).rw(4, 4, 0xffffffff));
    }

    /** Makes vendor-specific bytes with a length byte in front; raw writable, as an unknown vendor's registers may be. */
    public static Capability vendor(byte[] body) {
        if (body.length > 189) {
            throw new IllegalArgumentException("a vendor capability of " + body.length + " bytes; at most 189 fit");
        }
        RegisterBlock r = new RegisterBlock(body.length + 3).u8(2, body.length + 3);
        for (int i = 0; i < body.length; i++) {
            r.u8(3 + i, body[i]).rw(3 + i, 1, 0xff);
        }
        return Capability.of(CAP_ID_VNDR, r);
    }

    /** Makes the subsystem ids of a bridge, 8 bytes. */
    public static Capability subsystem(int vendor, int device) {
        return Capability.of(CAP_ID_SSVID, new RegisterBlock(8).u16(4, vendor).u16(6, device));
    }

    /** Makes advanced features, 6 bytes: function level reset of a conventional function. */
    public static Capability advancedFeatures() {
        return Capability.of(CAP_ID_AF, new RegisterBlock(6).u8(2, 6).u8(3, 0x03));
    }
}
