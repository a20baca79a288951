// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.util.ArrayList;
import java.util.List;

/** The first 64 bytes: the fields every header has, those of its type, and its addresses. */
final class HeaderDecoder {
    private HeaderDecoder() {
    }

    static List<DecodedField> decode(ConfigBytes bytes, List<String> warnings) {
        int type = bytes.headerType();
        List<DecodedField> fields = new ArrayList<>(fields(bytes, RegisterTables.header()));
        CapabilityTable own = RegisterTables.header(type);
        if (own == null) {
            warnings.add("header type %02x is unknown: of the header only what all types have is decoded".formatted(type));
            return fields;
        }
        fields.addAll(fields(bytes, own));
        BaseAddressRegisters addresses = new BaseAddressRegisters(bytes, fields, warnings);
        switch (type) {
            case 0 -> addresses.bars(6).rom(0x30);
            case 1 -> {
                addresses.bars(2).rom(0x38);
                new BridgeWindows(bytes, fields, warnings).decode();
            }
            default -> addresses.bars(1);
        }
        return fields;
    }

    private static List<DecodedField> fields(ConfigBytes bytes, CapabilityTable table) {
        return new RegisterDecoder(bytes, 0, new Variables(bytes.headerType(), -1)).decode(table);
    }
}
