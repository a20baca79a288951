// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import vfio.core.VfioException;

/**
 * A configuration space, decoded.
 *
 * @param header fields of the first 64 bytes; BARs and bridge windows that are implemented among them
 * @param capabilities in the order of the two chains, the standard one first
 * @param warnings what is wrong with the bytes, a sentence each; what could be read is there all the same
 */
public record DecodedConfig(List<DecodedField> header, List<DecodedCapability> capabilities, List<String> warnings)
        implements Serializable {

    public DecodedConfig {
        header = List.copyOf(header);
        capabilities = List.copyOf(capabilities);
        warnings = List.copyOf(warnings);
    }

    /**
     * Decodes any bytes: chains that loop or lead astray are cut, registers past the end left out, and the result's warnings
     * say so.
     *
     * @param image 256 or 4096 bytes
     * @throws VfioException EINVAL for any other number of bytes
     */
    public static DecodedConfig of(byte[] image) {
        return ConfigDecoder.decode(image);
    }

    /** The first header field of these names; empty where this type of header has none. */
    public Optional<DecodedField> field(String register, String field) {
        return header.stream().filter(f -> f.register().equals(register) && f.name().equals(field)).findFirst();
    }

    /** The first capability of this id; empty where there is none. */
    public Optional<DecodedCapability> capability(boolean extended, int id) {
        return capabilities.stream().filter(c -> c.extended() == extended && c.id() == id).findFirst();
    }
}
