// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.util.ArrayList;
import java.util.List;
import vfio.pci.decode.CapabilityTable.FieldRow;
import vfio.pci.decode.CapabilityTable.RegisterRow;

/** Reads the registers of one table at one place; what is past the end of the image is left out. */
final class RegisterDecoder {
    /** No capability repeats registers more often than a byte counts. */
    private static final int MOST = 256;

    private final ConfigBytes bytes;
    private final int base;
    private final Variables variables;
    private final List<DecodedField> fields = new ArrayList<>();

    RegisterDecoder(ConfigBytes bytes, int base, Variables variables) {
        this.bytes = bytes;
        this.base = base;
        this.variables = variables;
    }

    List<DecodedField> decode(CapabilityTable table) {
        for (RegisterRow row : table.registers()) {
            if (!row.condition().test(variables)) {
                continue;
            }
            long times = row.times() == null ? 1 : Math.min(MOST, variables.get(row.times()) + row.more());
            for (int i = 0; i < times && bytes.holds(base + row.offset() + i * row.step(), row.width()); i++) {
                register(row, row.name().replace("#", Integer.toString(i)), base + row.offset() + i * row.step());
            }
        }
        return fields;
    }

    private void register(RegisterRow row, String name, int offset) {
        long value = bytes.read(offset, row.width());
        for (FieldRow field : row.fields()) {
            if (field.condition().test(variables)) {
                long bits = (value & field.mask()) >>> field.low();
                fields.add(new DecodedField(name, field.name(), offset, row.width(), field.mask(), bits,
                        field.text().of(bits)));
                variables.put(field.name(), bits);
            }
        }
    }
}
