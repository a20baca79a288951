// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import vfio.pci.core.internal.slot.DriverSettings;

/** docs/commands.md has each setting that is declared, with its default, and no other. */
class DocumentedSettingsTest {
    private static final Pattern ROW = Pattern.compile("^\\| `(\\w+(?:\\[\\])?)` \\| ([^|]*?) ?\\| .*");

    private static Map<String, String> declared(Class<?> config) {
        Map<String, String> declared = new TreeMap<>();
        for (Method each : config.getDeclaredMethods()) {
            boolean list = each.getReturnType().isArray();
            declared.put(each.getName() + (list ? "[]" : ""), list ? "" : each.getDefaultValue().toString());
        }
        return declared;
    }

    private static Map<String, String> documented(String heading) throws IOException {
        String text = Files.readString(Path.of("../docs/commands.md"));
        Map<String, String> rows = new TreeMap<>();
        text.substring(text.indexOf(heading)).lines().skip(2).takeWhile(line -> line.startsWith("|")).forEach(line -> {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                rows.put(row.group(1), row.group(2));
            }
        });
        return rows;
    }

    @Test
    void ofTheCore() throws IOException {
        assertEquals(declared(PciCore.Config.class), documented("| setting of `vfio.pci.core` |"));
    }

    @Test
    void ofADriver() throws IOException {
        Map<String, String> declared = declared(DriverSettings.Config.class);
        declared.put("probeLimitMillis", "10000"); // of the core, where it is 0
        assertEquals(declared, documented("| setting | default | meaning | effective"));
    }
}
