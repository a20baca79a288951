// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;

/** Decodes config space; without state. What each register means is data, in registers.txt beside this class. */
final class ConfigDecoder {
    private static final int CONVENTIONAL = 256;
    private static final int EXPRESS = 4096;

    private ConfigDecoder() {
    }

    /** Decodes any bytes, as {@link DecodedConfig#of} says. */
    static DecodedConfig decode(byte[] image) {
        if (image.length != CONVENTIONAL && image.length != EXPRESS) {
            throw new VfioException(Errno.EINVAL, "decode " + image.length + " bytes of config space: it has 256 or 4096");
        }
        ConfigBytes bytes = new ConfigBytes(image.clone());
        List<String> warnings = new ArrayList<>();
        List<DecodedField> header = HeaderDecoder.decode(bytes, warnings);
        List<DecodedCapability> capabilities = new CapabilityChains(bytes, warnings).decode();
        return new DecodedConfig(header, capabilities, warnings);
    }

    /** lspci's name of a capability, {@code Capability ID 0x1e} for an id that pci_regs.h does not have. */
    static String capabilityName(boolean extended, int id) {
        CapabilityTable table = RegisterTables.capability(extended, id);
        return table != null ? table.name() : (extended ? "Extended Capability ID " : "Capability ID ")
                + "0x%02x".formatted(id);
    }
}
