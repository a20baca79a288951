// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.classgraph.ClassGraph;
import io.github.classgraph.ClassInfo;
import io.github.classgraph.ScanResult;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Holds the lines of docs/ways.md to the classes as they are built. */
class WaysTest {
    @Test
    void everyClassOfAWayRefersToTheNext() throws IOException {
        List<List<String>> ways = Files.readAllLines(ReactorBundles.ROOT.resolve("docs/ways.md")).stream()
                .filter(line -> line.startsWith("    ")).map(line -> List.of(line.strip().split(" → "))).toList();
        assertTrue(ways.size() > 6, ways.size() + " ways");
        Map<String, Set<String>> used = new TreeMap<>();
        Map<String, Set<String>> supertypes = new TreeMap<>();
        read(used, supertypes);
        List<String> broken = new ArrayList<>();
        for (List<String> way : ways) {
            way.stream().filter(name -> !used.containsKey(name)).forEach(name -> broken.add(name + " is no class"));
            for (int i = 1; i < way.size(); i++) {
                Set<String> faces = supertypes.getOrDefault(way.get(i), Set.of());
                if (Collections.disjoint(used.getOrDefault(way.get(i - 1), Set.of()), faces)) {
                    broken.add(way.get(i - 1) + " does not refer to " + way.get(i));
                }
            }
        }
        assertEquals(List.of(), broken, "docs/ways.md");
    }

    /** Reads by simple name of each top-level class what it uses, and the names under which others can have it. */
    private static void read(Map<String, Set<String>> used, Map<String, Set<String>> supertypes) {
        List<String> jars = ReactorBundles.all().stream().map(built -> built.jar().toString()).toList();
        try (ScanResult scan = new ClassGraph().overrideClasspath(jars).acceptPackages("vfio", "launcher")
                .enableAllInfo().ignoreClassVisibility().enableInterClassDependencies().scan()) {
            for (ClassInfo type : scan.getAllClasses()) {
                Set<String> uses = used.computeIfAbsent(simple(type), any -> new TreeSet<>());
                type.getClassDependencies().forEach(one -> uses.add(simple(one)));
                Set<String> faces = supertypes.computeIfAbsent(simple(type), any -> new TreeSet<>(Set.of(any)));
                type.getInterfaces().forEach(one -> faces.add(simple(one)));
                type.getSuperclasses().forEach(one -> faces.add(simple(one)));
            }
        }
    }

    private static String simple(ClassInfo type) {
        return type.getName().replaceFirst("\\$.*", "").replaceFirst(".*\\.", "");
    }
}
