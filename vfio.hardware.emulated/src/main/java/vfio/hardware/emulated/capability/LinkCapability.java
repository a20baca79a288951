// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.capability;

import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_ACS;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_DPC;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_L1SS;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_MCAST;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_MFVC;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_PTM;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_SECPCI;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_VC9;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_VC;

import vfio.hardware.emulated.config.RegisterBlock;

/**
 * The maker of extended capabilities about links and what goes over them. Offsets in the code are relative to the capability,
 * as in uapi/linux/pci_regs.h.
 */
public final class LinkCapability {

    /** The kinds of virtual channel capabilities, each with an id of its own. */
    public enum Channels {
        /** The one of a function. */
        SINGLE(EXT_CAP_ID_VC),
        /** The one of a multi-function device, in its function 0. */
        MULTI_FUNCTION(EXT_CAP_ID_MFVC),
        /** The one of a function whose device has {@link #MULTI_FUNCTION}. */
        BESIDE_MULTI_FUNCTION(EXT_CAP_ID_VC9);

        final int id;

        Channels(int id) {
            this.id = id;
        }
    }

    private LinkCapability() {
    }

    /**
     * Makes virtual channels: 16 bytes, 12 for each channel, and from the next 16 on 4 bits for each phase of arbitration.
     *
     * @param channels 1 to 8
     * @param phases of the arbitration table: 0 without one, 32, 64 or 128
     */
    public static Capability virtualChannels(Channels of, int channels, int phases) {
        if (channels < 1 || channels > 8 || phases != 0 && phases != 32 && phases != 64 && phases != 128) {
            throw new IllegalArgumentException(channels + " virtual channels with " + phases
                    + " phases; 1 to 8, and 0, 32, 64 or 128 are possible");
        }
        int end = 0x10 + 12 * channels;
        int table = end + 15 & ~15;
        RegisterBlock r = new RegisterBlock(phases == 0 ? end : table + phases / 2).u32(4, channels - 1);
        if (phases != 0) {
            r.u32(8, phases / 16 | table / 16 << 24).rw(0x0c, 2, 0x000e);
        }
        // Channel 0 is on and has all traffic classes; class 0 stays with it.
        r.u32(0x14, 0x800000ff).rw(0x14, 4, 0xfe);
        for (int i = 1; i < channels; i++) {
            r.u32(0x14 + 12 * i, i << 24).rw(0x14 + 12 * i, 4, 0x870e00fe);
        }
        for (int at = table; at < r.size(); at += 4) {
            r.rw(at, 4, 0xffffffff);
        }
        return Capability.ofExtended(of.id, 1, r);
    }

    /** Makes secondary PCI Express of a link of 16 lanes, 44 bytes. */
    public static Capability secondaryExpress() {
        RegisterBlock r = new RegisterBlock(44).rw(4, 4, 0x00000002).w1c(8, 4, 0x0000ffff).sticky(8, 4, 0x0000ffff);
        for (int lane = 0; lane < 16; lane++) {
            r.u16(12 + 2 * lane, 0x7f7f);
        }
        return Capability.ofExtended(EXT_CAP_ID_SECPCI, 1, r);
    }

    /** Makes downstream port containment, 12 bytes. */
    public static Capability downstreamContainment() {
        RegisterBlock r = new RegisterBlock(12).u16(4, 0x00c0).rw(6, 2, 0x00bf).u16(8, 0x1f00).w1c(8, 2, 0x2009)
                .sticky(8, 2, 0x3f2f).sticky(10, 2, 0xffff);
        return Capability.ofExtended(EXT_CAP_ID_DPC, 1, r);
    }

    /** Makes L1 substates, 16 bytes: L1.1 and L1.2, of PCI-PM and ASPM. */
    public static Capability l1Substates() {
        RegisterBlock r = new RegisterBlock(16).u32(4, 0x0028281f).rw(8, 4, 0xe3ffff0f).rw(12, 4, 0x000000fb).u32(12, 0x28);
        return Capability.ofExtended(EXT_CAP_ID_L1SS, 1, r);
    }

    /** Makes precision time measurement, 12 bytes: a requester. */
    public static Capability precisionTime() {
        return Capability.ofExtended(EXT_CAP_ID_PTM, 1, new RegisterBlock(12).u32(4, 0x00000001).rw(8, 4, 0x0000ff01));
    }

    /** Makes multicast of a function, 40 bytes: 64 groups. */
    public static Capability multicast() {
        RegisterBlock r = new RegisterBlock(40).u16(4, 0x003f).rw(6, 2, 0x803f).rw(8, 4, 0xfffff03f).rw(12, 4, 0xffffffff);
        for (int at = 16; at < 40; at += 4) {
            r.rw(at, 4, 0xffffffff);
        }
        return Capability.ofExtended(EXT_CAP_ID_MCAST, 1, r);
    }

    /**
     * Makes access control services with an egress control vector, 8 bytes and a dword for each 32 ports.
     *
     * @param ports 1 to 256
     */
    public static Capability egressControl(int ports) {
        if (ports < 1 || ports > 256) {
            throw new IllegalArgumentException("egress control of " + ports + " ports; 1 to 256 are possible");
        }
        RegisterBlock r = new RegisterBlock(8 + (ports + 31) / 32 * 4).u16(4, 0x003f | (ports & 0xff) << 8).rw(6, 2, 0x003f);
        for (int port = 0; port < ports; port += 8) {
            r.rw(8 + port / 8, 1, (1 << Math.min(8, ports - port)) - 1);
        }
        return Capability.ofExtended(EXT_CAP_ID_ACS, 1, r);
    }
}
