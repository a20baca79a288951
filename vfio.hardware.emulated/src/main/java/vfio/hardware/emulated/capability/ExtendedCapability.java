// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.capability;

import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_MEM_PREFETCH;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_MEM_TYPE_64;
import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_SPACE_IO;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_ACS;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_ARI;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_ATS;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_DSN;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_ERR;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_LTR;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_PASID;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_PRI;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_PWR;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_VNDR;
import static vfio.pci.core.id.PciRegisters.SRIOV_BAR;
import static vfio.pci.core.id.PciRegisters.SRIOV_CAP;
import static vfio.pci.core.id.PciRegisters.SRIOV_CTRL;
import static vfio.pci.core.id.PciRegisters.SRIOV_INITIAL_VF;
import static vfio.pci.core.id.PciRegisters.SRIOV_NUM_VF;
import static vfio.pci.core.id.PciRegisters.SRIOV_SUP_PGSIZE;
import static vfio.pci.core.id.PciRegisters.SRIOV_SYS_PGSIZE;
import static vfio.pci.core.id.PciRegisters.SRIOV_TOTAL_VF;
import static vfio.pci.core.id.PciRegisters.SRIOV_VF_DID;
import static vfio.pci.core.id.PciRegisters.SRIOV_VF_OFFSET;
import static vfio.pci.core.id.PciRegisters.SRIOV_VF_STRIDE;

import java.util.List;
import vfio.hardware.emulated.config.RegisterBlock;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.PciRegisters;

/**
 * The maker of capabilities at 100h and above. Offsets in the code are relative to the capability, as in
 * uapi/linux/pci_regs.h.
 */
public final class ExtendedCapability {
    private static final int PAGE_SIZES = 0x553;

    private ExtendedCapability() {
    }

    /** Makes advanced error reporting, 44 bytes; 56 with the root error registers of a root port. */
    public static Capability errorReporting(boolean root) {
        RegisterBlock r = new RegisterBlock(root ? 0x38 : 0x2c);
        r.w1c(0x04, 4, 0x03fff031).rw(0x08, 4, 0x03fff031).u32(0x0c, 0x00462030).rw(0x0c, 4, 0x03fff031);
        r.w1c(0x10, 4, 0xf1c1).u32(0x14, 0x2000).rw(0x14, 4, 0xf1c1).u32(0x18, 0xa0).rw(0x18, 4, 0x0140);
        r.sticky(0x04, 4, -1).sticky(0x08, 4, -1).sticky(0x0c, 4, -1).sticky(0x10, 4, -1).sticky(0x14, 4, -1)
                .sticky(0x18, 4, 0x015f);
        if (root) {
            r.sticky(0x30, 4, 0x7f).rw(0x2c, 4, 0x7).w1c(0x30, 4, 0x7f);
        }
        return Capability.ofExtended(EXT_CAP_ID_ERR, 2, r);
    }

    /** Makes one virtual channel, 28 bytes. */
    public static Capability virtualChannel() {
        return LinkCapability.virtualChannels(LinkCapability.Channels.SINGLE, 1, 0);
    }

    /** Makes the device serial number, 12 bytes. */
    public static Capability serialNumber(long number) {
        RegisterBlock r = new RegisterBlock(12).u32(4, (int) number).u32(8, (int) (number >>> 32));
        return Capability.ofExtended(EXT_CAP_ID_DSN, 1, r);
    }

    /** Makes power budgeting, 16 bytes. */
    public static Capability powerBudgeting() {
        return Capability.ofExtended(EXT_CAP_ID_PWR, 1, new RegisterBlock(16).rw(4, 1, 0xff));
    }

    /** Makes vendor-specific bytes after an 8-byte header; raw writable. */
    public static Capability vendor(int id, int revision, byte[] body) {
        if (body.length > 3832) {
            throw new IllegalArgumentException("a vendor capability of " + body.length + " bytes; at most 3832 fit");
        }
        RegisterBlock r = new RegisterBlock(body.length + 8);
        r.u32(4, id & 0xffff | (revision & 0xf) << 16 | (body.length + 8) << 20);
        for (int i = 0; i < body.length; i++) {
            r.u8(8 + i, body[i]).rw(8 + i, 1, 0xff);
        }
        return Capability.ofExtended(EXT_CAP_ID_VNDR, 1, r);
    }

    /** Makes access control services, 8 bytes: source validation, blocking, redirects and forwarding. */
    public static Capability accessControl() {
        return Capability.ofExtended(EXT_CAP_ID_ACS, 1, new RegisterBlock(8).u16(4, 0x001f).rw(6, 2, 0x001f));
    }

    /** Makes alternative routing ids, 8 bytes, as the last function of its device. */
    public static Capability alternativeRouting() {
        return Capability.ofExtended(EXT_CAP_ID_ARI, 1, new RegisterBlock(8));
    }

    /** Makes address translation services, 8 bytes: 32 invalidations, page-aligned requests. */
    public static Capability addressTranslation() {
        return Capability.ofExtended(EXT_CAP_ID_ATS, 1, new RegisterBlock(8).u16(4, 0x0020).rw(6, 2, 0x801f));
    }

    /** Makes page requests, 16 bytes: 32 of them, stopped. */
    public static Capability pageRequest() {
        RegisterBlock r = new RegisterBlock(16).rw(4, 2, 0x0001).u16(6, 0x0100).w1c(6, 2, 0x0003).u32(8, 32);
        return Capability.ofExtended(EXT_CAP_ID_PRI, 1, r.rw(12, 4, 0xffffffff));
    }

    /** Makes latency tolerance reporting, 8 bytes. */
    public static Capability latencyTolerance() {
        return Capability.ofExtended(EXT_CAP_ID_LTR, 1, new RegisterBlock(8).rw(4, 2, 0x1fff).rw(6, 2, 0x1fff));
    }

    /** Makes process address space ids, 8 bytes: 20 bits, execute and privileged mode. */
    public static Capability processAddressSpace() {
        return Capability.ofExtended(EXT_CAP_ID_PASID, 1, new RegisterBlock(8).u16(4, 0x1406).rw(6, 2, 0x0007));
    }

    /**
     * Makes SR-IOV, 64 bytes.
     *
     * @param total TotalVFs, 1 to 65535
     * @param device the VFs' device id, 16 bits
     * @param offset First VF Offset
     * @param stride VF Stride
     * @param bars memory BARs that each VF has
     */
    public static Capability sriov(int total, int device, int offset, int stride, List<Bar> bars) {
        RegisterBlock r = new RegisterBlock(0x40);
        r.u32(SRIOV_CAP, 0x2).rw(SRIOV_CTRL, 2, 0x0019);
        r.u16(SRIOV_INITIAL_VF, total).u16(SRIOV_TOTAL_VF, total).rw(SRIOV_NUM_VF, 2, 0xffff);
        r.u16(SRIOV_VF_OFFSET, offset).u16(SRIOV_VF_STRIDE, stride).u16(SRIOV_VF_DID, device);
        r.u32(SRIOV_SUP_PGSIZE, PAGE_SIZES).u32(SRIOV_SYS_PGSIZE, 0x1).rw(SRIOV_SYS_PGSIZE, 4, PAGE_SIZES);
        placeBars(r, SRIOV_BAR, bars);
        return Capability.ofExtended(PciRegisters.EXT_CAP_ID_SRIOV, 1, r);
    }

    private static int memoryType(Bar bar) {
        return (bar.prefetchable() ? BASE_ADDRESS_MEM_PREFETCH : 0) | (bar.wide() ? BASE_ADDRESS_MEM_TYPE_64 : 0);
    }

    /**
     * Lays out the registers of BARs. Type bits are fixed; address bits above the size take what is written, so that a write
     * of ones tells the size.
     */
    public static void placeBars(RegisterBlock r, int at, List<Bar> bars) {
        for (Bar bar : bars) {
            int offset = at + 4 * bar.index();
            long mask = -bar.size();
            r.u32(offset, bar.io() ? BASE_ADDRESS_SPACE_IO : memoryType(bar));
            r.rw(offset, 4, (int) mask & (bar.io() ? ~0x3 : ~0xf));
            if (bar.wide()) {
                r.rw(offset + 4, 4, (int) (mask >>> 32));
            }
        }
    }
}
