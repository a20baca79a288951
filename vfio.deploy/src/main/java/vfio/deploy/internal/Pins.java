// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.osgi.framework.Version;
import vfio.core.Errno;
import vfio.core.VfioException;

/** The pinned versions by symbolic name, kept in a file that is replaced as a whole. Used by the deploy thread alone. */
final class Pins {
    private final Path file;
    private volatile Map<String, Version> pins = Map.of();

    Pins(Path file) {
        this.file = file;
        load();
    }

    private void load() {
        Properties stored = new Properties();
        try (Reader in = Files.newBufferedReader(file)) {
            stored.load(in);
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException | IllegalArgumentException e) {
            warn("no pin is in force: " + file + " cannot be read: " + e.getMessage());
            return;
        }
        Map<String, Version> loaded = new TreeMap<>();
        for (String name : stored.stringPropertyNames()) {
            try {
                loaded.put(name, Version.parseVersion(stored.getProperty(name)));
            } catch (IllegalArgumentException e) {
                warn("pin of " + name + " is not in force: " + e.getMessage());
            }
        }
        pins = Map.copyOf(loaded);
    }

    private static void warn(String text) {
        System.getLogger(Pins.class.getName()).log(System.Logger.Level.WARNING, PlainText.plain(text));
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
        store(next);
        pins = Map.copyOf(next);
    }

    private void store(Map<String, Version> next) {
        Properties stored = new Properties();
        next.forEach((name, version) -> stored.setProperty(name, version.toString()));
        Path part = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            try (Writer out = Files.newBufferedWriter(part)) {
                stored.store(out, "wanted versions by symbolic name");
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new VfioException(Errno.EIO, "cannot store pins in " + file + ": " + e.getMessage(), e);
        }
    }
}
