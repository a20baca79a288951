// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** The tables of registers.txt, read once. */
final class RegisterTables {
    private static final String FILE = "registers.txt";
    private static final Map<String, CapabilityTable> TABLES = read();

    private RegisterTables() {
    }

    private static Map<String, CapabilityTable> read() {
        try (InputStream in = RegisterTables.class.getResourceAsStream(FILE)) {
            return new TableText().read(List.of(new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")));
        } catch (IOException e) {
            throw new UncheckedIOException("read " + FILE + " of this bundle", e);
        }
    }

    /** Null for an unknown id. */
    static CapabilityTable capability(boolean extended, int id) {
        return TABLES.get((extended ? "extended " : "standard ") + id);
    }

    /** What every header has. */
    static CapabilityTable header() {
        return TABLES.get("header");
    }

    /** What a header of this type has besides, or null for an unknown one. */
    static CapabilityTable header(int type) {
        return TABLES.get("header " + type);
    }
}
