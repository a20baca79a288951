// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;

/**
 * One capability.
 *
 * @param id 0 to 255, or 0 to 65535 of an extended one
 * @param extended whether it is at 100h and above
 * @param name lspci's name of it; {@code Capability ID 0x1e} for an unknown one
 * @param version of an extended one its header's; of a standard one the field Version, or 0 where it has none
 * @param offset from the start of config space
 * @param length in bytes with its header, never past the end of config space; the header's 2 or 4 where unknown
 * @param fields in the order of its registers
 */
public record DecodedCapability(int id, boolean extended, String name, int version, int offset, int length,
        List<DecodedField> fields) implements Serializable {

    public DecodedCapability {
        fields = List.copyOf(fields);
    }

    /** The first field of these names; empty where the capability has none, as in this version or of this type. */
    public Optional<DecodedField> field(String register, String field) {
        return fields.stream().filter(f -> f.register().equals(register) && f.name().equals(field)).findFirst();
    }
}
