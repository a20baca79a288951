// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.matching;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.pci.core.alias.AliasLine;
import vfio.pci.core.alias.DriverIds;

/**
 * From the id tables in the modules' binaries we print the lines that modpost and depmod print. Sets are compared: depmod
 * has an order of its own, and a table may have an entry twice.
 */
class ModpostTest {

    @Test
    void variantDriversHaveTheSameLines() {
        Corpus corpus = Corpus.named("variants");
        Map<String, Set<String>> ours = ours(corpus);
        Map<String, Set<String>> theirs = theirs(corpus);
        List<String> built = corpus.lines("built");
        assertTrue(built.size() >= 6, () -> "mlx5, hisilicon, pds, virtio, qat and nvgrace-gpu were built: " + built);
        for (String module : built) {
            assertTrue(ours.getOrDefault(module, Set.of()).stream().anyMatch(line -> line.startsWith("alias vfio_pci:")),
                    () -> module + " has an override-only entry");
            assertEquals(theirs.get(module), ours.get(module), module);
        }
        assertEquals(theirs.get("vfio_pci"), ours.get("vfio_pci"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"kernel-6.1", "kernel-6.12"})
    void everyModuleOfTheKernelHasTheSameLines(String name) {
        Corpus corpus = Corpus.named(name);
        Map<String, Set<String>> ours = ours(corpus);
        assertTrue(ours.size() > 500, () -> "only " + ours.size() + " modules have id tables");
        assertEquals(theirs(corpus), ours);
    }

    private static Map<String, Set<String>> ours(Corpus corpus) {
        return byModule(corpus.tables().stream().map(DriverIds::aliasLines).flatMap(List::stream).toList());
    }

    private static Map<String, Set<String>> theirs(Corpus corpus) {
        Map<String, Set<String>> lines = new TreeMap<>();
        for (String line : corpus.text()) {
            lines.computeIfAbsent(line.substring(line.lastIndexOf(' ') + 1), m -> new TreeSet<>()).add(line);
        }
        return lines;
    }

    private static Map<String, Set<String>> byModule(List<AliasLine> lines) {
        return lines.stream().collect(groupingBy(AliasLine::module, TreeMap::new,
                mapping(AliasLine::toString, toCollection(TreeSet::new))));
    }
}
