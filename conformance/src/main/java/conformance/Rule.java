// SPDX-License-Identifier: Apache-2.0
package conformance;

import java.util.Objects;

/**
 * One testable fact.
 *
 * @param id section and number, such as C6-12
 * @param when what is done on what
 * @param then the errno or a few words for the answer
 * @param source the kernel's file that says so
 * @param unreachable why no user can reach it, or empty
 * @param open whether it is known to have no test yet
 */
record Rule(String id, String when, String then, String source, String unreachable, boolean open) {
    Rule {
        Objects.requireNonNull(id);
        Objects.requireNonNull(when);
        Objects.requireNonNull(then);
        Objects.requireNonNull(source);
        Objects.requireNonNull(unreachable);
    }

    boolean reachable() {
        return unreachable.isEmpty();
    }
}
