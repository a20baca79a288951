// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.osgi.framework.Version;
import vfio.core.VfioException;

/** The pinned versions by symbolic name, kept in a file. Changed by the deploy thread alone. */
final class Pins {
    private final StateFile file;
    private volatile Map<String, Version> pins = Map.of();

    Pins(Path file) {
        this.file = new StateFile(file, "wanted versions by symbolic name");
        Map<String, Version> loaded = new TreeMap<>();
        this.file.load((name, version) -> loaded.put(name, Version.parseVersion(version)));
        pins = Map.copyOf(loaded);
    }

    /** Returns all pins. */
    Map<String, Version> all() {
        return new TreeMap<>(pins);
    }

    /** Returns the pinned version of a symbolic name, or null. */
    Version of(String symbolicName) {
        return pins.get(symbolicName);
    }

    /**
     * Pins or unpins a symbolic name.
     *
     * @param version null to unpin
     * @throws VfioException EIO where the file cannot be written
     */
    void set(String symbolicName, Version version) {
        Map<String, Version> next = all();
        if (version == null) {
            next.remove(symbolicName);
        } else {
            next.put(symbolicName, version);
        }
        file.store(next.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, pin -> pin.getValue().toString())));
        pins = Map.copyOf(next);
    }
}
