// SPDX-License-Identifier: Apache-2.0
package conformance;

import java.util.List;

/** The rules of one subject, in the order of the file. */
record Section(String name, String title, List<Rule> rules) {
    Section {
        rules = List.copyOf(rules);
    }
}
