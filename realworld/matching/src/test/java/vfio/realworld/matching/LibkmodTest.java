// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.matching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.pci.core.alias.AliasLine;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciDeviceId;
import vfio.pci.core.internal.match.MatchIndex;
import vfio.pci.core.internal.match.MatchRules;

/** Our modules for a key are those libkmod finds over the binary index of the same lines. */
class LibkmodTest {
    private static final int KEYS = 20_000;
    private static final long SEED = 20_260_101;

    @TempDir
    private static Path folder;
    private static KmodLookup libkmod;

    @BeforeAll
    static void build() throws IOException, InterruptedException {
        libkmod = KmodLookup.build(folder);
    }

    @ParameterizedTest
    @ValueSource(strings = {"kernel-6.1", "kernel-6.12", "variants", "scaled"})
    void samePciModulesForEveryKey(String name) throws IOException, InterruptedException {
        Corpus corpus = Corpus.named(name);
        List<Set<String>> found = compare(corpus, 0, new DrawnKeys(ids(corpus, 0), SEED).draw(KEYS));
        assertTrue(found.stream().filter(set -> !set.isEmpty()).count() >= KEYS / 2, "half the keys are of real patterns");
        assertTrue(found.stream().anyMatch(set -> set.size() > 1), "some keys have several modules");
    }

    @Test
    void sameVfioModulesForEveryKey() throws IOException, InterruptedException {
        Corpus corpus = Corpus.named("variants");
        List<Set<String>> found = compare(corpus, PciDeviceId.VFIO_OVERRIDE,
                new DrawnKeys(ids(corpus, PciDeviceId.VFIO_OVERRIDE), SEED).draw(KEYS));
        assertTrue(found.stream().allMatch(set -> set.contains("vfio_pci")), "the generic driver agrees with everything");
        Set<String> all = new TreeSet<>();
        found.stream().filter(set -> set.size() > 1).forEach(all::addAll);
        assertTrue(all.containsAll(corpus.lines("built")), () -> "every variant driver beside the generic one: " + all);
    }

    private static List<PciDeviceId> ids(Corpus corpus, int overrideOnly) {
        return corpus.aliases().stream().map(AliasLine::id).filter(id -> id.overrideOnly() == overrideOnly).toList();
    }

    private static List<Set<String>> compare(Corpus corpus, int overrideOnly, List<DeviceKey> keys)
            throws IOException, InterruptedException {
        MatchIndex index = MatchIndex.of(MatchRules.MERGED, corpus.drivers());
        String prefix = overrideOnly == 0 ? "" : "vfio_";
        List<Set<String>> theirs = libkmod.modules(corpus.folder(), keys.stream().map(key -> prefix + key).toList());
        List<Set<String>> ours = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            ours.add(modules(index, keys.get(i), overrideOnly));
            String key = prefix + keys.get(i);
            assertEquals(theirs.get(i), ours.get(i), key);
        }
        return ours;
    }

    /** Modules with an entry of the prefix that agrees: what the lines of that prefix are asked about. */
    private static Set<String> modules(MatchIndex index, DeviceKey key, int overrideOnly) {
        Set<String> modules = new TreeSet<>();
        index.candidates(DeviceKey.parse(key.toString()), null).stream().map(candidate -> candidate.driver())
                .filter(driver -> driver.table().stream().anyMatch(id -> id.overrideOnly() == overrideOnly && id.agrees(key)))
                .forEach(driver -> modules.add(driver.module()));
        return modules;
    }
}
