// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import vfio.pci.decode.CapabilityTable.FieldRow;
import vfio.pci.decode.CapabilityTable.LengthRule;
import vfio.pci.decode.CapabilityTable.RegisterRow;
import vfio.pci.decode.CapabilityTable.Term;

/** Reads the form of registers.txt, which says itself what that is; used once. */
final class TableText {
    private final Map<String, CapabilityTable> tables = new LinkedHashMap<>();
    private List<LengthRule> lengths;
    private List<RegisterRow> registers;
    private List<FieldRow> fields;

    /** @throws IllegalArgumentException naming the line that is wrong */
    Map<String, CapabilityTable> read(List<String> lines) {
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            try {
                if (!line.isBlank() && !line.startsWith("#")) {
                    line(line);
                }
            } catch (RuntimeException e) {
                throw new IllegalArgumentException("line " + (i + 1) + ", '" + line + "': " + e.getMessage(), e);
            }
        }
        return tables;
    }

    private void line(String line) {
        String[] columns = line.strip().split(" {2,}");
        if (line.startsWith("  ")) {
            field(columns);
        } else if (line.startsWith("header")) {
            table(line, "");
        } else if (line.startsWith("standard ") || line.startsWith("extended ")) {
            String[] words = columns[0].split(" ");
            table(words[0] + " " + Integer.parseInt(words[1], 16), columns[1]);
        } else if (line.startsWith("length ")) {
            lengths.add(length(columns));
        } else {
            register(columns);
        }
    }

    private void table(String key, String name) {
        lengths = new ArrayList<>();
        registers = new ArrayList<>();
        if (tables.put(key, new CapabilityTable(name, lengths, registers)) != null) {
            throw new IllegalArgumentException("a second table of " + key);
        }
    }

    private static LengthRule length(String[] columns) {
        List<Term> terms = new ArrayList<>();
        for (String term : columns[0].substring("length ".length()).split(" ")) {
            String[] factors = term.replaceFirst("^[+^]", "").split("\\*");
            terms.add(new Term(Long.parseLong(factors[0], 16), factors.length > 1 ? factors[1] : null,
                    term.startsWith("^")));
        }
        return new LengthRule(List.copyOf(terms), condition(columns));
    }

    private void register(String[] columns) {
        String[] place = columns[1].split("\\.");
        String times = null;
        int more = 0;
        int step = 0;
        for (String column : columns) {
            if (column.startsWith("each ")) {
                String[] words = column.split(" ");
                times = words[1].replace("+1", "");
                more = words[1].endsWith("+1") ? 1 : 0;
                step = Integer.parseInt(words[2], 16);
            }
        }
        fields = new ArrayList<>();
        registers.add(new RegisterRow(columns[0], Integer.parseInt(place[0], 16), Integer.parseInt(place[1]), times, more,
                step, condition(columns), fields));
    }

    private void field(String[] columns) {
        String[] bits = columns[1].split(":");
        int high = Integer.parseInt(bits[0]);
        int low = Integer.parseInt(bits[bits.length - 1]);
        FieldText text = high == low ? FieldText.FLAG : FieldText.DECIMAL;
        if (columns.length > 2 && !columns[2].startsWith("if ")) {
            text = FieldText.parse(columns[2], low);
        }
        int width = 8 * registers.get(registers.size() - 1).width();
        if (high < low || high >= width) {
            throw new IllegalArgumentException("bits " + columns[1] + " of a register of " + width);
        }
        fields.add(new FieldRow(columns[0], high, low, text, condition(columns)));
    }

    private static Condition condition(String[] columns) {
        String last = columns[columns.length - 1];
        return last.startsWith("if ") ? Condition.parse(last.substring(3)) : Condition.ALWAYS;
    }
}
