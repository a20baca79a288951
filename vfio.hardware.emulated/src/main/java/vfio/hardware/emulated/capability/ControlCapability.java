// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.capability;

import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_DPA;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_DVSEC;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_REBAR;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_TPH;

import java.util.List;
import vfio.hardware.emulated.config.RegisterBlock;
import vfio.pci.core.bus.PciFunction.Bar;

/**
 * The maker of extended capabilities by which software controls a function's resources. Offsets in the code are relative to
 * the capability, as in uapi/linux/pci_regs.h.
 */
public final class ControlCapability {
    /** Sizes count from 1 MiB. */
    private static final int LEAST_SHIFT = 20;

    private ControlCapability() {
    }

    /**
     * Makes resizable BARs, 4 bytes and 8 for each: it can be 1 MiB up to what it is. The registers take a size; the BAR
     * keeps its own.
     *
     * @param bars memory BARs of 1 MiB or more, one to six
     */
    public static Capability resizableBars(List<Bar> bars) {
        if (bars.isEmpty() || bars.size() > 6 || bars.stream().anyMatch(bar -> bar.io() || bar.size() < 1 << LEAST_SHIFT)) {
            throw new IllegalArgumentException("resizable BARs " + bars
                    + "; one to six of memory, of 1M or more, are possible");
        }
        RegisterBlock r = new RegisterBlock(4 + 8 * bars.size());
        for (int i = 0; i < bars.size(); i++) {
            int size = Long.numberOfTrailingZeros(bars.get(i).size()) - LEAST_SHIFT;
            r.u32(4 + 8 * i, (int) ((2L << size) - 1 << 4));
            r.u32(8 + 8 * i, bars.get(i).index() | (i == 0 ? bars.size() << 5 : 0) | size << 8).rw(8 + 8 * i, 4, 0x3f00);
        }
        return Capability.ofExtended(EXT_CAP_ID_REBAR, 1, r);
    }

    /**
     * Makes dynamic power allocation, 16 bytes and one for each substate.
     *
     * @param substates 1 to 32
     */
    public static Capability dynamicPower(int substates) {
        if (substates < 1 || substates > 32) {
            throw new IllegalArgumentException(substates + " power substates; 1 to 32 are possible");
        }
        RegisterBlock r = new RegisterBlock(16 + substates).u32(4, substates - 1 | 0x1000).u16(0x0c, 0x0100)
                .w1c(0x0c, 2, 0x0100).rw(0x0e, 2, 0x001f);
        for (int i = 0; i < substates; i++) {
            r.u8(16 + i, 0xff / (i + 1));
        }
        return Capability.ofExtended(EXT_CAP_ID_DPA, 1, r);
    }

    /**
     * Makes TLP processing hints, 12 bytes and two for each steering tag.
     *
     * @param tags in the capability: 0 to 2048
     */
    public static Capability processingHints(int tags) {
        if (tags < 0 || tags > 2048) {
            throw new IllegalArgumentException(tags + " steering tags; 0 to 2048 are possible");
        }
        RegisterBlock r = new RegisterBlock(12 + 2 * tags).u32(4, tags == 0 ? 0x5 : 0x205 | tags - 1 << 16).rw(8, 4, 0x0107);
        for (int i = 0; i < tags; i++) {
            r.rw(12 + 2 * i, 2, 0xffff);
        }
        return Capability.ofExtended(EXT_CAP_ID_TPH, 1, r);
    }

    /**
     * Makes designated vendor-specific bytes after a 10-byte header; raw writable.
     *
     * @param vendor the vendor that designated the id
     */
    public static Capability designatedVendor(int vendor, int revision, int id, byte[] body) {
        if (body.length > 3830) {
            throw new IllegalArgumentException("a designated vendor capability of " + body.length
                    + " bytes; at most 3830 fit");
        }
        RegisterBlock r = new RegisterBlock(body.length + 10);
        r.u32(4, vendor & 0xffff | (revision & 0xf) << 16 | (body.length + 10) << 20).u16(8, id);
        for (int i = 0; i < body.length; i++) {
            r.u8(10 + i, body[i]).rw(10 + i, 1, 0xff);
        }
        return Capability.ofExtended(EXT_CAP_ID_DVSEC, 1, r);
    }
}
