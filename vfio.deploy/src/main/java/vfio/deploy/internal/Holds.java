// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import vfio.core.VfioException;

/**
 * The builds that are held by symbolic name: each runs whatever other builds are there, from its staged copy where its file
 * holds other content now. Kept in a file beside the pins. Changed by the deploy thread alone.
 */
final class Holds {
    private final StateFile file;
    private volatile Map<String, Hold> holds = Map.of();

    /** Why a build is held. */
    enum Why {
        /** The operator holds the driver: no other build comes until it is asked for. */
        HELD,
        /** The operator went back to the build before: no other build comes until it is asked for. */
        ROLLED_BACK,
        /** The daemon ended within the update to another build, which waits until it is asked for. */
        INTERRUPTED
    }

    /**
     * A held build.
     *
     * @param other the build that waits where the daemon ended within its update; null where any other build waits
     */
    record Hold(Build build, Why why, Build other) {

        /** Tells whether a build has to wait. */
        boolean holds(Build wanted) {
            return !wanted.equals(build) && (other == null || other.equals(wanted));
        }

        /** Returns the reason for the file of a build that waits. */
        String reason() {
            return switch (why) {
                case HELD -> "the driver is held at version " + build.version();
                case ROLLED_BACK -> "the driver was rolled back to version " + build.version()
                        + "; an update ends that";
                case INTERRUPTED -> "an update was under way when the daemon ended; an update tries it again";
            };
        }

        private String text() {
            return why.name().toLowerCase(Locale.ROOT) + " " + build.version() + " " + build.digest()
                    + (other == null ? "" : " " + other.version() + " " + other.digest());
        }

        private static Hold parse(String symbolicName, String text) {
            String[] parts = text.split(" ");
            if (parts.length != 3 && parts.length != 5) {
                throw new IllegalArgumentException("'" + text + "' is not a reason and a build or two");
            }
            return new Hold(Build.parse(symbolicName, parts[1], parts[2]), Why.valueOf(parts[0].toUpperCase(Locale.ROOT)),
                    parts.length == 3 ? null : Build.parse(symbolicName, parts[3], parts[4]));
        }
    }

    /** Reads the holds; what cannot be read of them is a warning. */
    Holds(Path file) {
        this.file = new StateFile(file, "held builds by symbolic name");
        Map<String, Hold> loaded = new TreeMap<>();
        this.file.load((name, text) -> loaded.put(name, Hold.parse(name, text)));
        holds = Map.copyOf(loaded);
    }

    /** Returns all holds, by symbolic name. */
    List<Hold> all() {
        return List.copyOf(new TreeMap<>(holds).values());
    }

    /** Returns the hold of a symbolic name. */
    Optional<Hold> of(String symbolicName) {
        return Optional.ofNullable(holds.get(symbolicName));
    }

    /** Returns the digests of the held builds. */
    Set<String> digests() {
        return holds.values().stream().map(hold -> hold.build().digest()).collect(Collectors.toSet());
    }

    /**
     * Holds a build, in place of a former hold of its name.
     *
     * @throws VfioException EIO where the file cannot be written
     */
    void set(Hold hold) {
        change(hold.build().symbolicName(), hold);
    }

    /**
     * Ends the hold of a symbolic name; no effect where there is none.
     *
     * @throws VfioException EIO where the file cannot be written
     */
    void end(String symbolicName) {
        if (holds.containsKey(symbolicName)) {
            change(symbolicName, null);
        }
    }

    private void change(String symbolicName, Hold hold) {
        Map<String, Hold> next = new HashMap<>(holds);
        if (hold == null) {
            next.remove(symbolicName);
        } else {
            next.put(symbolicName, hold);
        }
        file.store(next.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, one -> one.getValue().text())));
        holds = Map.copyOf(next);
    }
}
