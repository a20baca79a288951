// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.ERR_CAP;
import static vfio.pci.core.id.PciRegisters.ERR_COR_MASK;
import static vfio.pci.core.id.PciRegisters.ERR_COR_STATUS;
import static vfio.pci.core.id.PciRegisters.ERR_UNCOR_MASK;
import static vfio.pci.core.id.PciRegisters.ERR_UNCOR_SEVER;
import static vfio.pci.core.id.PciRegisters.ERR_UNCOR_STATUS;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_ACS;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_ARI;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_ATS;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_DPA;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_DSN;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_DVSEC;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_ERR;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_LTR;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_MCAST;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_MFVC;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_PRI;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_PWR;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_REBAR;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_SRIOV;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_TPH;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_VC9;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_VC;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_VNDR;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/** The capabilities from 0x100 on that a user may see, PCIe 6.0 chapter 7. */
final class ExtendedCapabilities {
    /** Id, version and next. */
    static final int HEADER = 4;

    /** The 17 errors that have a bit in the uncorrectable status, mask and severity. */
    private static final int UNCORRECTABLE = 0x03fff031;
    private static final int CORRECTABLE = 0x0000f1c1;

    private static final Map<Integer, CapabilityKind> KINDS = List.of(
            CapabilityKind.of(EXT_CAP_ID_ERR, 0x2c).with(
                    Register.hardware(ERR_UNCOR_STATUS, 4, UNCORRECTABLE),
                    Register.hardware(ERR_UNCOR_MASK, 4, UNCORRECTABLE),
                    Register.hardware(ERR_UNCOR_SEVER, 4, UNCORRECTABLE),
                    Register.hardware(ERR_COR_STATUS, 4, CORRECTABLE),
                    Register.hardware(ERR_COR_MASK, 4, CORRECTABLE),
                    Register.hardware(ERR_CAP, 4, 0x0140)), // ECRC generation and check enable
            CapabilityKind.of(EXT_CAP_ID_VC, 0x1c, ExtendedCapabilities::virtualChannels),
            CapabilityKind.of(EXT_CAP_ID_DSN, 12),
            CapabilityKind.of(EXT_CAP_ID_PWR, 16).with(Register.hardware(8, 1, Register.ALL)),
            CapabilityKind.of(EXT_CAP_ID_MFVC, 0x1c, ExtendedCapabilities::virtualChannels),
            CapabilityKind.of(EXT_CAP_ID_VC9, 0x1c, ExtendedCapabilities::virtualChannels),
            CapabilityKind.of(EXT_CAP_ID_VNDR, 8, ExtendedCapabilities::vendorSpecific).writable(),
            CapabilityKind.of(EXT_CAP_ID_ACS, 8, ExtendedCapabilities::accessControl),
            CapabilityKind.of(EXT_CAP_ID_ARI, 8),
            CapabilityKind.of(EXT_CAP_ID_ATS, 8),
            CapabilityKind.of(EXT_CAP_ID_SRIOV, 0x40),
            CapabilityKind.of(EXT_CAP_ID_MCAST, 40),
            CapabilityKind.of(EXT_CAP_ID_PRI, 16),
            CapabilityKind.of(EXT_CAP_ID_REBAR, 12, ExtendedCapabilities::resizableBars),
            CapabilityKind.of(EXT_CAP_ID_DPA, 17, ExtendedCapabilities::dynamicPower),
            CapabilityKind.of(EXT_CAP_ID_TPH, 12, ExtendedCapabilities::processingHints),
            CapabilityKind.of(EXT_CAP_ID_LTR, 8),
            CapabilityKind.of(EXT_CAP_ID_DVSEC, 8, ExtendedCapabilities::vendorSpecific).writable())
            .stream().collect(Collectors.toUnmodifiableMap(CapabilityKind::id, Function.identity()));


    private ExtendedCapabilities() {
    }

    static CapabilityKind kind(int id) {
        return KINDS.getOrDefault(id, CapabilityKind.HIDDEN);
    }

    /** Adds up the header, a row for each channel, and from the next 16 bytes on 4 bits for each arbitration phase. */
    private static int virtualChannels(ConfigSpace hardware, int start) {
        int extended = hardware.read(start + 4, 4) & 7;
        int arbitration = hardware.read(start + 8, 4);
        int phases = (arbitration & 8) != 0 ? 128 : (arbitration & 4) != 0 ? 64 : (arbitration & 2) != 0 ? 32 : 0;
        int channels = 0x10 + (1 + extended) * 0xc;
        return phases == 0 ? channels : (channels + 15 & ~15) + phases / 2;
    }

    private static int vendorSpecific(ConfigSpace hardware, int start) {
        int length = hardware.read(start + 4, 4) >>> 20;
        return length == 0 ? 0 : Math.max(length, 8);
    }

    /** Adds a bit for each port where there is egress control, in whole dwords; a size of 0 means 256 ports. */
    private static int accessControl(ConfigSpace hardware, int start) {
        int capability = hardware.read(start + 4, 2);
        if ((capability & 0x20) == 0) {
            return 8;
        }
        int size = capability >>> 8;
        return 8 + (size == 0 ? 256 : size + 31 & ~31) / 8;
    }

    private static int resizableBars(ConfigSpace hardware, int start) {
        int bars = hardware.read(start + 8, 4) >>> 5 & 7;
        return 4 + 8 * bars;
    }

    private static int dynamicPower(ConfigSpace hardware, int start) {
        int lastSubstate = hardware.read(start + 4, 4) & 0x1f;
        return 16 + lastSubstate + 1;
    }

    /** Adds two bytes for each steering tag where their table lies in the capability. */
    private static int processingHints(ConfigSpace hardware, int start) {
        int capability = hardware.read(start + 4, 4);
        int lastTag = capability >>> 16 & 0x7ff;
        return (capability & 0x600) == 0x200 ? 12 + 2 * (lastTag + 1) : 12;
    }
}
