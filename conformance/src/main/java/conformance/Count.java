// SPDX-License-Identifier: Apache-2.0
package conformance;

import java.util.List;
import java.util.Set;

/** How many rules there are, and how they stand. */
record Count(int rules, int tested, int open, int unreachable) {

    static Count of(List<Rule> rules, Set<String> tested) {
        return new Count(rules.size(), (int) rules.stream().filter(rule -> tested.contains(rule.id())).count(),
                (int) rules.stream().filter(Rule::open).count(),
                (int) rules.stream().filter(rule -> !rule.reachable()).count());
    }

    @Override
    public String toString() {
        return rules + " rules: " + tested + " tested, " + open + " open, " + unreachable + " unreachable";
    }
}
