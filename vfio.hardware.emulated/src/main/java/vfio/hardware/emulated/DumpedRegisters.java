// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

import java.util.HashMap;
import java.util.Map;
import vfio.hardware.emulated.capability.ExtendedCapability;
import vfio.hardware.emulated.capability.StandardCapability;
import vfio.hardware.emulated.config.Capability;
import vfio.hardware.emulated.config.ConfigImage;
import vfio.hardware.emulated.config.PortType;
import vfio.hardware.emulated.config.RegisterBlock;
import vfio.pci.decode.ConfigDecoder;
import vfio.pci.decode.DecodedCapability;
import vfio.pci.decode.DecodedConfig;
import vfio.pci.decode.DecodedField;

/**
 * The registers of a function whose config space was dumped: the values of the dump, and the masks of this bus's own header
 * and capabilities, since a dump does not tell which bits take a write.
 */
final class DumpedRegisters {
    private static final int HEADER_TYPE = 0x0e;
    private static final int EXPRESS = 0x10;
    private static final int CONVENTIONAL = 256;
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
        DecodedConfig decoded = ConfigDecoder.decode(config);
        DumpedRegisters it = new DumpedRegisters(config);
        it.masks(header.masks(config[HEADER_TYPE] & 0x7f), 0, Integer.MAX_VALUE);
        Map<Integer, Integer> standard = new HashMap<>();
        for (DecodedCapability capability : decoded.capabilities()) {
            Capability ours = capability.extended() ? extended(capability) : standard(capability);
            if (ours != null) {
                it.masks(ours.registers(), capability.offset(), capability.length());
            }
            // What the end of config space cuts has no behaviour.
            int length = ours == null ? SHORTEST : ours.length();
            if (!capability.extended() && capability.offset() + length <= CONVENTIONAL) {
                standard.putIfAbsent(capability.id(), capability.offset());
            }
        }
        return new ConfigImage(it.registers, standard);
    }

    private void masks(RegisterBlock ours, int at, int most) {
        int length = Math.min(Math.min(ours.size(), most), registers.size() - at);
        registers.masks(at, ours, length);
    }

    private static Capability standard(DecodedCapability it) {
        return switch (it.id()) {
            case 0x01 -> StandardCapability.powerManagement();
            case 0x03 -> StandardCapability.vitalProductData();
            case 0x05 -> StandardCapability.msi((int) Math.min(32, 1L << value(it, "Flags", "Maximum")),
                    value(it, "Flags", "64bit") != 0, value(it, "Flags", "Maskable") != 0);
            case 0x09 -> StandardCapability.vendor(new byte[Math.max(0, it.length() - 3)]);
            case EXPRESS -> StandardCapability.express(PortType.of((int) value(it, "Flags", "Type")));
            case 0x11 -> StandardCapability.msix(1, 0, 0, 0);
            default -> null;
        };
    }

    private static Capability extended(DecodedCapability it) {
        return switch (it.id()) {
            case 0x01 -> ExtendedCapability.errorReporting(true);
            case 0x02 -> ExtendedCapability.virtualChannel();
            case 0x04 -> ExtendedCapability.powerBudgeting();
            case 0x0b -> ExtendedCapability.vendor(0, 0, new byte[Math.max(0, Math.min(3832, it.length() - 8))]);
            case 0x0d -> ExtendedCapability.accessControl();
            case 0x0f -> ExtendedCapability.addressTranslation();
            case 0x13 -> ExtendedCapability.pageRequest();
            case 0x18 -> ExtendedCapability.latencyTolerance();
            case 0x1b -> ExtendedCapability.processAddressSpace();
            default -> null;
        };
    }

    private static long value(DecodedCapability it, String register, String field) {
        return it.field(register, field).map(DecodedField::value).orElse(0L);
    }
}
