// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.classgraph.ClassGraph;
import io.github.classgraph.ClassInfo;
import io.github.classgraph.ScanResult;
import itest.ReactorBundles.Built;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the inside of each bundle, as it is built, to the order of docs/layers.txt. */
class LayersTest {
    /** As many classes of a package may use each other in a ring: more is a knot. */
    private static final int LONGEST_RING = 5;

    static List<Built> bundles() throws IOException {
        Set<String> listed = Layers.read().bundles().keySet();
        return ReactorBundles.all().stream().filter(built -> listed.contains(built.name())).toList();
    }

    @Test
    void everyBundleOfTheTreeHasItsLayers() throws IOException {
        Set<String> names = new TreeSet<>();
        ReactorBundles.all().stream().filter(built -> built.name().startsWith("vfio."))
                .filter(built -> types(built).keySet().stream().map(Layers::packageOf).distinct().count() > 1)
                .forEach(built -> names.add(built.name()));
        names.removeAll(Layers.read().bundles().keySet());
        assertEquals(Set.of(), names, "without layers in " + Layers.FILE);
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void packagesImportOnlyFromTheLayersBelow(Built bundle) throws IOException {
        assertEquals(List.of(), Layers.read().broken(bundle.name(), types(bundle)), bundle.name());
    }

    @ParameterizedTest
    @MethodSource("bundles")
    void noMoreThanFiveClassesOfAPackageAreInOneRing(Built bundle) {
        Map<String, Set<String>> near = new TreeMap<>();
        types(bundle).forEach((user, all) -> {
            Set<String> same = new TreeSet<>(all);
            same.removeIf(used -> !Layers.packageOf(used).equals(Layers.packageOf(user)));
            near.put(user, same);
        });
        List<Set<String>> knots = Rings.of(near).stream().filter(ring -> ring.size() > LONGEST_RING).toList();
        assertEquals(List.of(), knots, bundle.name());
    }

    @Test
    void importUpwardAndARingAreReported() {
        Layers layers = new Layers(Map.of("b", List.of(List.of("b.top"), List.of("b.ground"))));
        assertEquals(List.of(), layers.broken("b", Map.of("b.top.A", Set.of("b.ground.B"), "b.ground.B", Set.of())));
        assertEquals(List.of("b.ground.B uses b.top.A, and b.ground does not lie above b.top",
                "packages import each other: b.ground, b.top"),
                layers.broken("b", Map.of("b.top.A", Set.of("b.ground.B"), "b.ground.B", Set.of("b.top.A"))));
        assertEquals(List.of("b.new is in no layer"), layers.broken("b", Map.of("b.new.C", Set.of())));
    }

    @Test
    void ringsAreFoundWhole() {
        assertEquals(List.of(Set.of("a", "b", "c")),
                Rings.of(Map.of("a", Set.of("b"), "b", Set.of("c"), "c", Set.of("a", "d"),
                "d", Set.of("e"), "e", Set.of())));
        assertEquals(List.of(Set.of("a", "b"), Set.of("c", "d")), Rings.of(new TreeMap<>(Map.of("a", Set.of("b"),
                "b", Set.of("a"), "c", Set.of("d"), "d", Set.of("c", "a")))));
    }

    @Test
    void pictureIsDrawnFromTheList() throws IOException {
        assertEquals(LayersPicture.draw(Layers.read()), Files.readString(LayersPicture.FILE),
                "docs/layers.svg is not of docs/layers.txt; 'docs/draw' draws it");
    }

    /** The types of a bundle by their top-level class, each with those that it uses. */
    private static Map<String, Set<String>> types(Built bundle) {
        Map<String, Set<String>> types = new TreeMap<>();
        try (ScanResult scan = new ClassGraph().overrideClasspath(bundle.jar().toString()).acceptPackages(bundle.name())
                .enableAllInfo().ignoreClassVisibility().enableInterClassDependencies().scan()) {
            for (ClassInfo type : scan.getAllClasses()) {
                Set<String> used = types.computeIfAbsent(outer(type), any -> new TreeSet<>());
                type.getClassDependencies().stream().filter(one -> one.getName().startsWith(bundle.name() + "."))
                        .filter(one -> !one.isExternalClass()).map(LayersTest::outer).forEach(used::add);
                used.remove(outer(type));
            }
        }
        assertTrue(!types.isEmpty(), "classes of " + bundle.name());
        return types;
    }

    private static String outer(ClassInfo type) {
        return type.getName().replaceFirst("\\$.*", "");
    }
}
