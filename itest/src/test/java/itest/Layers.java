// SPDX-License-Identifier: Apache-2.0
package itest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The order of the packages inside each bundle, as docs/layers.txt states it.
 *
 * @param bundles by name, the layers of each, the top one first; packages by their whole names
 */
record Layers(Map<String, List<List<String>>> bundles) {
    static final Path FILE = ReactorBundles.ROOT.resolve("docs/layers.txt");

    static Layers read() throws IOException {
        Map<String, List<List<String>>> bundles = new LinkedHashMap<>();
        String bundle = null;
        for (String line : Files.readAllLines(FILE)) {
            if (line.startsWith(" ")) {
                String root = bundle;
                bundles.get(bundle).add(List.of(line.strip().split("\\s+")).stream()
                        .map(name -> name.equals(".") ? root : root + "." + name).toList());
            } else if (!line.isBlank() && !line.startsWith("#")) {
                bundle = line.strip();
                bundles.put(bundle, new ArrayList<>());
            }
        }
        return new Layers(bundles);
    }

    /**
     * Returns what breaks the order of a bundle, a sentence each.
     *
     * @param classes of the bundle, each with the classes of the bundle that it uses
     */
    List<String> broken(String bundle, Map<String, Set<String>> classes) {
        List<List<String>> layers = bundles.get(bundle);
        if (layers == null) {
            return List.of(bundle + " has no layers in " + FILE.getFileName());
        }
        Map<String, Integer> heights = new TreeMap<>();
        for (int i = 0; i < layers.size(); i++) {
            for (String name : layers.get(i)) {
                heights.put(name, layers.size() - i);
            }
        }
        Set<String> broken = new TreeSet<>();
        Map<String, Set<String>> packages = new TreeMap<>();
        classes.forEach((user, all) -> all.forEach(used -> {
            String from = packageOf(user);
            String to = packageOf(used);
            if (!from.equals(to)) {
                packages.computeIfAbsent(from, any -> new TreeSet<>()).add(to);
                if (heights.getOrDefault(from, 0) <= heights.getOrDefault(to, 0)) {
                    broken.add(user + " uses " + used + ", and " + from + " does not lie above " + to);
                }
            }
        }));
        classes.keySet().stream().map(Layers::packageOf).filter(name -> !heights.containsKey(name))
                .forEach(name -> broken.add(name + " is in no layer"));
        Rings.of(packages).forEach(ring -> broken.add("packages import each other: " + String.join(", ", ring)));
        return List.copyOf(broken);
    }

    static String packageOf(String type) {
        return type.substring(0, type.lastIndexOf('.'));
    }
}
