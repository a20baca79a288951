// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.CAP_ID_AGP;
import static vfio.pci.core.id.PciRegisters.CAP_ID_EXP;
import static vfio.pci.core.id.PciRegisters.CAP_ID_HT;
import static vfio.pci.core.id.PciRegisters.CAP_ID_MSIX;
import static vfio.pci.core.id.PciRegisters.CAP_ID_PCIX;
import static vfio.pci.core.id.PciRegisters.CAP_ID_SATA;
import static vfio.pci.core.id.PciRegisters.CAP_ID_VNDR;
import static vfio.pci.core.id.PciRegisters.X_CMD;
import static vfio.pci.core.id.PciRegisters.X_ECC_CSR;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/** The capabilities of the first 256 bytes that a user may see, PCI 3.0 appendix H. */
final class StandardCapabilities {
    /** Id and next. */
    static final int HEADER = 2;

    private static final Map<Integer, CapabilityKind> KINDS = List.of(
            PowerManagement.KIND,
            CapabilityKind.of(CAP_ID_AGP, 12),
            VitalProductData.KIND,
            MessageSignalledInterrupts.KIND,
            CapabilityKind.of(CAP_ID_PCIX, 8, StandardCapabilities::pciX).with(
                    Register.hardware(X_CMD, 2, Register.ALL),
                    Register.hardware(X_ECC_CSR, 4, Register.ALL)),
            CapabilityKind.of(CAP_ID_HT, 24, StandardCapabilities::hyperTransport),
            CapabilityKind.of(CAP_ID_VNDR, 3, StandardCapabilities::vendorSpecific).writable(),
            PciExpress.KIND,
            CapabilityKind.of(CAP_ID_MSIX, 12), // enabled and masked by SET_IRQS only
            CapabilityKind.of(CAP_ID_SATA, 8, StandardCapabilities::sata),
            AdvancedFeatures.KIND)
            .stream().collect(Collectors.toUnmodifiableMap(CapabilityKind::id, Function.identity()));


    private StandardCapabilities() {
    }

    static CapabilityKind kind(int id) {
        return KINDS.getOrDefault(id, CapabilityKind.HIDDEN);
    }

    /** Tells whether the function may have extended capabilities: it has PCI Express, or PCI-X of version 1 or 2. */
    static boolean announcesExtended(int id, ConfigSpace hardware, int start) {
        return id == CAP_ID_EXP || id == CAP_ID_PCIX && pciX(hardware, start) > 8;
    }

    private static int pciX(ConfigSpace hardware, int start) {
        int version = hardware.read(start + X_CMD, 2) & 0x3000;
        return version == 0 ? 8 : 24;
    }

    private static int hyperTransport(ConfigSpace hardware, int start) {
        int type = hardware.read(start + 3, 1) & 0xe0;
        return type == 0 ? 28 : 24;
    }

    private static int vendorSpecific(ConfigSpace hardware, int start) {
        int length = hardware.read(start + 2, 1);
        return length == 0 ? 0 : Math.max(length, 3);
    }

    private static int sata(ConfigSpace hardware, int start) {
        boolean inline = (hardware.read(start + 4, 1) & 0xf) == 0xf;
        return inline ? 16 : 8;
    }
}
