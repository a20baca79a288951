// SPDX-License-Identifier: Apache-2.0
package conformance;

import java.util.Comparator;
import java.util.Set;

/**
 * A test that claims to prove a rule.
 *
 * @param className that carries the tag, or whose method does
 * @param method empty where the class carries the tag
 * @param runners the classes in which it may run: its own and those that inherit from it
 */
record TaggedTest(String className, String method, Set<String> runners) implements Comparable<TaggedTest> {
    private static final Comparator<TaggedTest> ORDER =
            Comparator.comparing(TaggedTest::className).thenComparing(TaggedTest::method);

    TaggedTest {
        runners = Set.copyOf(runners);
    }

    /** As written in the documents: without the package. */
    String shortName() {
        String simple = className.substring(className.lastIndexOf('.') + 1).replace('$', '.');
        return method.isEmpty() ? simple : simple + "#" + method;
    }

    @Override
    public int compareTo(TaggedTest other) {
        return ORDER.compare(this, other);
    }
}
