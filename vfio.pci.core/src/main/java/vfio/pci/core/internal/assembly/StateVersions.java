// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import vfio.pci.core.PciIds;

/**
 * The versions of a driver's state that one build of the driver writes and reads ({@link PciIds#state}).
 *
 * @param versions newest first; 0 stands for a device taken over without a state
 */
public record StateVersions(List<Integer> versions) {
    /** A driver that says nothing of a state. */
    public static final StateVersions NONE = new StateVersions(List.of());

    private static final int MOST = 32;

    public StateVersions {
        versions = List.copyOf(versions);
    }

    /**
     * Reads the property that {@link PciIds} has made.
     *
     * @param prefix before each name: that of service properties, or none
     * @throws IllegalArgumentException where the text is not up to 32 numbers of at most 9 digits, newest first
     */
    public static StateVersions from(Map<String, ?> properties, String prefix) {
        Object text = properties.get(prefix + "state");
        return text instanceof String versions ? parse(versions) : NONE;
    }

    /** Reads such a text. */
    public static StateVersions parse(String text) {
        List<Integer> versions = new ArrayList<>();
        for (String word : text.isBlank() ? new String[0] : text.strip().split(" +")) {
            int last = versions.isEmpty() ? Integer.MAX_VALUE : versions.get(versions.size() - 1);
            if (!word.matches("\\d{1,9}") || Integer.parseInt(word) >= last || versions.size() == MOST) {
                throw new IllegalArgumentException("the versions of a driver's state are up to " + MOST
                        + " numbers, newest first, such as \"3 2\"; not '" + text.replaceAll("\\p{Cntrl}", "?") + "'");
            }
            versions.add(Integer.parseInt(word));
        }
        return new StateVersions(versions);
    }

    /** Returns the newest version; 0 where there is none. */
    public int newest() {
        return versions.isEmpty() ? 0 : versions.get(0);
    }

    /**
     * Returns the version in which a build of these versions takes an open device over from another build: the newest that
     * both know, else 0 where these have 0; empty where there is none.
     */
    public OptionalInt takenOverFrom(StateVersions other) {
        return versions.stream().filter(version -> version == 0 || other.versions.contains(version))
                .mapToInt(Integer::intValue).findFirst();
    }

    /** Returns the sentence that the build of these versions and the next build know no state in common. */
    public String noneInCommon(StateVersions next) {
        return "the builds have no version of the driver's state in common: " + this + " now, " + next + " next";
    }

    /** Returns the versions as {@link PciIds#state} has them, or {@code none}. */
    @Override
    public String toString() {
        return versions.isEmpty() ? "none" : versions.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }
}
