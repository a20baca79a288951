// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

import static vfio.pci.core.id.PciRegisters.CAP_ID_EXP;
import static vfio.pci.core.id.PciRegisters.CAP_ID_MSI;
import static vfio.pci.core.id.PciRegisters.CAP_ID_MSIX;
import static vfio.pci.core.id.PciRegisters.CAP_ID_PM;
import static vfio.pci.core.id.PciRegisters.CAP_ID_VNDR;
import static vfio.pci.core.id.PciRegisters.CAP_ID_VPD;
import static vfio.pci.core.id.PciRegisters.CFG_SPACE_SIZE;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_ACS;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_ATS;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_ERR;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_LTR;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_PASID;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_PRI;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_PWR;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_VC;
import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_VNDR;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_MASK;

import java.util.HashMap;
import java.util.Map;
import vfio.hardware.emulated.capability.Capability;
import vfio.hardware.emulated.capability.ExtendedCapability;
import vfio.hardware.emulated.capability.StandardCapability;
import vfio.hardware.emulated.config.ConfigImage;
import vfio.hardware.emulated.config.PortType;
import vfio.hardware.emulated.config.RegisterBlock;
import vfio.pci.decode.DecodedCapability;
import vfio.pci.decode.DecodedConfig;
import vfio.pci.decode.DecodedField;

/**
 * The registers of a function whose config space was dumped: the values of the dump, and the masks of this bus's own header
 * and capabilities, since a dump does not tell which bits take a write.
 */
final class DumpedRegisters {
    /** Of advanced features, the shortest that has behaviour. */
    private static final int SHORTEST = 6;

    private final RegisterBlock registers;

    private DumpedRegisters(byte[] config) {
        registers = RegisterBlock.of(config);
    }

    /**
     * Makes the image of a dump.
     *
     * @param config 256 or 4096 bytes, which may be any
     */
    static ConfigImage image(byte[] config, ConfigHeader header) {
        DecodedConfig decoded = DecodedConfig.of(config);
        DumpedRegisters it = new DumpedRegisters(config);
        it.masks(header.masks(config[HEADER_TYPE] & HEADER_TYPE_MASK), 0, Integer.MAX_VALUE);
        Map<Integer, Integer> standard = new HashMap<>();
        for (DecodedCapability capability : decoded.capabilities()) {
            Capability ours = capability.extended() ? extended(capability) : standard(capability);
            if (ours != null) {
                it.masks(ours.registers(), capability.offset(), capability.length());
            }
            // What the end of config space cuts has no behaviour.
            int length = ours == null ? SHORTEST : ours.length();
            if (!capability.extended() && capability.offset() + length <= CFG_SPACE_SIZE) {
                standard.putIfAbsent(capability.id(), capability.offset());
            }
        }
        return new ConfigImage(it.registers, standard, Map.of(), true);
    }

    private void masks(RegisterBlock ours, int at, int most) {
        int length = Math.min(Math.min(ours.size(), most), registers.size() - at);
        registers.masks(at, ours, length);
    }

    private static Capability standard(DecodedCapability it) {
        return switch (it.id()) {
            case CAP_ID_PM -> StandardCapability.powerManagement();
            case CAP_ID_VPD -> StandardCapability.vitalProductData();
            case CAP_ID_MSI -> StandardCapability.msi((int) Math.min(32, 1L << value(it, "Flags", "Maximum")),
                    value(it, "Flags", "64bit") != 0, value(it, "Flags", "Maskable") != 0);
            case CAP_ID_VNDR -> StandardCapability.vendor(new byte[Math.max(0, it.length() - 3)]);
            case CAP_ID_EXP -> StandardCapability.express(PortType.of((int) value(it, "Flags", "Type")));
            case CAP_ID_MSIX -> StandardCapability.msix(1, 0, 0, 0);
            default -> null;
        };
    }

    private static Capability extended(DecodedCapability it) {
        return switch (it.id()) {
            case EXT_CAP_ID_ERR -> ExtendedCapability.errorReporting(true);
            case EXT_CAP_ID_VC -> ExtendedCapability.virtualChannel();
            case EXT_CAP_ID_PWR -> ExtendedCapability.powerBudgeting();
            case EXT_CAP_ID_VNDR -> ExtendedCapability.vendor(0, 0, new byte[Math.max(0, Math.min(3832, it.length() - 8))]);
            case EXT_CAP_ID_ACS -> ExtendedCapability.accessControl();
            case EXT_CAP_ID_ATS -> ExtendedCapability.addressTranslation();
            case EXT_CAP_ID_PRI -> ExtendedCapability.pageRequest();
            case EXT_CAP_ID_LTR -> ExtendedCapability.latencyTolerance();
            case EXT_CAP_ID_PASID -> ExtendedCapability.processAddressSpace();
            default -> null;
        };
    }

    private static long value(DecodedCapability it, String register, String field) {
        return it.field(register, field).map(DecodedField::value).orElse(0L);
    }
}
