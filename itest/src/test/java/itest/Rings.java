// SPDX-License-Identifier: Apache-2.0
package itest;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The rings of a graph: its nodes that reach each other, found by Tarjan's search. */
final class Rings {
    private final Map<String, Set<String>> uses;
    private final Map<String, Integer> found = new HashMap<>();
    private final Map<String, Integer> lowest = new HashMap<>();
    private final Deque<String> path = new ArrayDeque<>();
    private final List<Set<String>> rings = new ArrayList<>();

    private Rings(Map<String, Set<String>> uses) {
        this.uses = uses;
    }

    /** Returns each set of two nodes or more that reach each other; {@code uses} has what a node leads to. */
    static List<Set<String>> of(Map<String, Set<String>> uses) {
        Rings rings = new Rings(uses);
        new TreeSet<>(uses.keySet()).forEach(rings::visit);
        return rings.rings;
    }

    private void visit(String node) {
        if (found.containsKey(node)) {
            return;
        }
        found.put(node, found.size());
        lowest.put(node, found.get(node));
        path.push(node);
        for (String used : uses.getOrDefault(node, Set.of())) {
            visit(used);
            if (path.contains(used)) {
                lowest.merge(node, lowest.get(used), Math::min);
            }
        }
        if (lowest.get(node).equals(found.get(node))) {
            close(node);
        }
    }

    private void close(String node) {
        Set<String> ring = new TreeSet<>();
        while (ring.add(path.peek()) && !path.pop().equals(node)) {
            continue;
        }
        if (ring.size() > 1) {
            rings.add(ring);
        }
    }
}
