// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Holds main code to one class for each simple name, over all modules, examples and benches of the tree. */
class NamesTest {
    /** The names that stand twice, each with the reason. */
    private static final Map<String, String> EXCEPTIONS =
            Map.of("Main", "the class that java -jar starts, one in each program");

    @Test
    void noSimpleNameStandsTwice() throws IOException {
        Collection<String> classes = MainSources.all().keySet();
        assertTrue(classes.size() > 500, classes.size() + " classes of main code were found");
        Map<String, Set<String>> twice = twice(classes);
        twice.keySet().removeAll(EXCEPTIONS.keySet());
        assertEquals(Map.of(), twice, "rename the less prominent one");
    }

    @Test
    void everyExceptionStandsTwice() throws IOException {
        Set<String> stale = new TreeSet<>(EXCEPTIONS.keySet());
        stale.removeAll(twice(MainSources.all().keySet()).keySet());
        assertEquals(Set.of(), stale, "exceptions that nothing needs");
    }

    @Test
    void aNameInTwoPackagesIsReported() {
        assertEquals(Map.of("Bus", Set.of("a.Bus", "b.Bus")), twice(List.of("a.Bus", "b.Bus", "a.Card")));
    }

    /** Returns the simple names that more than one class has, each with the classes. */
    private static Map<String, Set<String>> twice(Collection<String> classes) {
        Map<String, Set<String>> names = new TreeMap<>();
        classes.forEach(name -> names.computeIfAbsent(name.substring(name.lastIndexOf('.') + 1), any -> new TreeSet<>())
                .add(name));
        names.values().removeIf(all -> all.size() < 2);
        return names;
    }
}
