// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import vfio.hardware.emulated.InterruptWiring.Intx;

/** The table of known faults of devices, by id; a resource of this bundle, read when first asked. */
final class DeviceQuirks {
    private static final String TABLE = "/device-quirks.txt";
    private static final Map<Integer, Intx> BY_ID = read();

    private DeviceQuirks() {
    }

    /** Tells how the interrupt pin of a device works. */
    static Intx intx(int vendor, int device) {
        return BY_ID.getOrDefault(vendor << 16 | device, Intx.WORKS);
    }

    private static Map<Integer, Intx> read() {
        Map<Integer, Intx> table = new HashMap<>();
        try (InputStream in = DeviceQuirks.class.getResourceAsStream(TABLE);
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
            lines.lines().map(line -> line.replaceFirst("#.*", "").strip()).filter(line -> !line.isEmpty())
                    .forEach(line -> add(table, line.split("[: ]")));
        } catch (IOException e) {
            throw new UncheckedIOException("read " + TABLE, e);
        }
        return table;
    }

    private static void add(Map<Integer, Intx> table, String[] row) {
        Intx intx = Intx.valueOf(row[2].replaceFirst("intx-", "").toUpperCase(Locale.ROOT));
        table.put(HexFormat.fromHexDigits(row[0]) << 16 | HexFormat.fromHexDigits(row[1]), intx);
    }
}
