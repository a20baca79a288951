// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * A file of keys and values that outlives the daemon. It is replaced as a whole, and on the disk when {@link #store} returns,
 * so that a crash leaves either the former content or the new one.
 */
final class StateFile {
    /** The longest file that is read: a larger one is not this program's. */
    private static final long LARGEST = 8L << 20;

    private final Path file;
    private final String holds;

    /**
     * Reads and writes nothing yet.
     *
     * @param holds what is in it, as plural noun, for messages and the file's first line
     */
    StateFile(Path file, String holds) {
        this.file = file;
        this.holds = holds;
    }

    /**
     * Reads the file. What cannot be read is a warning and left out, and stays in a copy beside the file.
     *
     * @param take called with each key and value; throws IllegalArgumentException for one that cannot be read
     */
    void load(BiConsumer<String, String> take) {
        Map<String, String> entries;
        try {
            entries = read();
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException | IllegalArgumentException e) {
            warn("none of the " + holds + " is in force: " + file + " cannot be read: " + e.getMessage() + keep());
            return;
        }
        boolean whole = true;
        for (Map.Entry<String, String> entry : entries.entrySet()) {
            try {
                take.accept(entry.getKey(), entry.getValue());
            } catch (IllegalArgumentException e) {
                warn("of the " + holds + " in " + file + ", " + entry.getKey() + " is not in force: " + e.getMessage()
                        + (whole ? keep() : ""));
                whole = false;
            }
        }
    }

    private Map<String, String> read() throws IOException {
        if (Files.size(file) > LARGEST) {
            throw new IOException("it is larger than " + (LARGEST >> 20) + " MiB");
        }
        Properties stored = new Properties();
        try (Reader in = Files.newBufferedReader(file)) {
            stored.load(in);
        }
        Map<String, String> entries = new TreeMap<>();
        stored.stringPropertyNames().forEach(key -> entries.put(key, stored.getProperty(key)));
        return entries;
    }

    /** Copies the file aside, since the next change replaces it; returns the rest of a sentence. */
    private String keep() {
        Path copy = file.resolveSibling(file.getFileName() + ".bad");
        try {
            Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
            return "; a copy is in " + copy;
        } catch (IOException e) {
            return "; no copy could be kept: " + e.getMessage();
        }
    }

    private static void warn(String text) {
        System.getLogger(StateFile.class.getName()).log(System.Logger.Level.WARNING, PlainText.plain(text));
    }

    /**
     * Replaces the content.
     *
     * @throws VfioException EIO where the file cannot be written; the former content stays
     */
    void store(Map<String, String> entries) {
        Properties stored = new Properties();
        stored.putAll(entries);
        Path part = file.resolveSibling(file.getFileName() + ".tmp");
        try {
            StringWriter text = new StringWriter();
            stored.store(text, holds);
            try (FileChannel out = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer bytes = StandardCharsets.UTF_8.encode(text.toString());
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                out.force(true);
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            try (FileChannel folder = FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
                folder.force(true);
            }
        } catch (IOException e) {
            throw new VfioException(Errno.EIO, "cannot store the " + holds + " in " + file + ": " + e.getMessage(), e);
        }
    }
}
