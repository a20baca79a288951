// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Whether a row of registers.txt is there: all of its tests hold. */
record Condition(List<Test> tests) {
    static final Condition ALWAYS = new Condition(List.of());
    private static final Pattern TEST = Pattern.compile("(!?)(\\w+)(?:(>?=)([0-9]+(?:,[0-9]+)*))?");

    /** A variable among values, or at least the one; inverted where {@code not}. */
    record Test(String variable, Set<Long> values, boolean atLeast, boolean not) {
        boolean holds(Variables variables) {
            long value = variables.get(variable);
            boolean found = values.isEmpty() ? value != 0
                    : atLeast ? value >= values.iterator().next() : values.contains(value);
            return found != not;
        }
    }

    static Condition parse(String text) {
        List<Test> tests = new ArrayList<>();
        for (String part : text.split(" & ")) {
            Matcher m = TEST.matcher(part);
            if (!m.matches()) {
                throw new IllegalArgumentException("no condition: " + part);
            }
            Set<Long> values = m.group(4) == null ? Set.of()
                    : Set.of(m.group(4).split(",")).stream().map(Long::valueOf).collect(Collectors.toSet());
            tests.add(new Test(m.group(2), values, ">=".equals(m.group(3)), !m.group(1).isEmpty()));
        }
        return new Condition(List.copyOf(tests));
    }

    boolean test(Variables variables) {
        return tests.stream().allMatch(test -> test.holds(variables));
    }
}
