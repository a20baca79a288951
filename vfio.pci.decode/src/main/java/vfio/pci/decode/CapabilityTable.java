// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.util.List;

/** What registers.txt says of one capability or header type. */
record CapabilityTable(String name, List<LengthRule> lengths, List<RegisterRow> registers) {

    /**
     * A register.
     *
     * @param name with {@code #} for the index where it is repeated
     * @param times the field that says how many there are, or null for one
     * @param more what is added to that field
     * @param step bytes from one to the next
     */
    record RegisterRow(String name, int offset, int width, String times, int more, int step, Condition condition,
            List<FieldRow> fields) {
    }

    /** A field: bits {@code high} to {@code low} of its register. */
    record FieldRow(String name, int high, int low, FieldText text, Condition condition) {
        long mask() {
            return (high == 63 ? -1L : (1L << high + 1) - 1) & -1L << low;
        }
    }

    /** One way to tell the length; the last whose condition holds is right. */
    record LengthRule(List<Term> terms, Condition condition) {
        int length(Variables variables) {
            long length = 0;
            for (Term term : terms) {
                length = term.apply(length, variables);
            }
            // Fields of 12 bits times 16 at most: far from any overflow.
            return (int) length;
        }
    }

    /** Adds a number, or a number times a field; or rounds up. */
    record Term(long number, String field, boolean roundUp) {
        long apply(long length, Variables variables) {
            if (roundUp) {
                return (length + number - 1) / number * number;
            }
            return length + number * (field == null ? 1 : variables.get(field));
        }
    }

    /** Bytes with the header by the rules, 0 where none holds. */
    int length(Variables variables) {
        int length = 0;
        for (LengthRule rule : lengths) {
            length = rule.condition().test(variables) ? rule.length(variables) : length;
        }
        return length;
    }
}
