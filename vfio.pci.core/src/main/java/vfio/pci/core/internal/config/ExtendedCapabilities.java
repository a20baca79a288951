// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

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
            CapabilityKind.of(0x0001, 0x2c).with( // AER
                    Register.hardware(0x04, 4, UNCORRECTABLE), // status
                    Register.hardware(0x08, 4, UNCORRECTABLE), // mask
                    Register.hardware(0x0c, 4, UNCORRECTABLE), // severity
                    Register.hardware(0x10, 4, CORRECTABLE), // status
                    Register.hardware(0x14, 4, CORRECTABLE), // mask
                    Register.hardware(0x18, 4, 0x0140)), // ECRC generation and check enable
            CapabilityKind.of(0x0002, 0x1c, ExtendedCapabilities::virtualChannels), // VC
            CapabilityKind.of(0x0003, 12), // device serial number
            CapabilityKind.of(0x0004, 16).with(Register.hardware(8, 1, Register.ALL)), // power budgeting
            CapabilityKind.of(0x0008, 0x1c, ExtendedCapabilities::virtualChannels), // MFVC
            CapabilityKind.of(0x0009, 0x1c, ExtendedCapabilities::virtualChannels), // VC beside an MFVC
            CapabilityKind.of(0x000b, 8, ExtendedCapabilities::vendorSpecific).writable(),
            CapabilityKind.of(0x000d, 8, ExtendedCapabilities::accessControl), // ACS
            CapabilityKind.of(0x000e, 8), // ARI
            CapabilityKind.of(0x000f, 8), // ATS
            CapabilityKind.of(0x0010, 0x40), // SR-IOV
            CapabilityKind.of(0x0012, 40), // multicast
            CapabilityKind.of(0x0013, 16), // PRI
            CapabilityKind.of(0x0015, 12, ExtendedCapabilities::resizableBars),
            CapabilityKind.of(0x0016, 17, ExtendedCapabilities::dynamicPower), // DPA
            CapabilityKind.of(0x0017, 12, ExtendedCapabilities::processingHints), // TPH
            CapabilityKind.of(0x0018, 8), // LTR
            CapabilityKind.of(0x0023, 8, ExtendedCapabilities::vendorSpecific).writable()) // DVSEC
            .stream().collect(Collectors.toUnmodifiableMap(CapabilityKind::id, Function.identity()));

    private static final CapabilityKind HIDDEN = CapabilityKind.of(-1, 0);

    private ExtendedCapabilities() {
    }

    static CapabilityKind kind(int id) {
        return KINDS.getOrDefault(id, HIDDEN);
    }

    /** The header, a row for each virtual channel, and from the next 16 bytes on 4 bits for each arbitration phase. */
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

    /** With egress control a bit for each port follows, in whole dwords; a size of 0 means 256. */
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

    /** Two bytes for each steering tag where the table lies in the capability. */
    private static int processingHints(ConfigSpace hardware, int start) {
        int capability = hardware.read(start + 4, 4);
        int lastTag = capability >>> 16 & 0x7ff;
        return (capability & 0x600) == 0x200 ? 12 + 2 * (lastTag + 1) : 12;
    }
}
