// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.snapshot;

import java.io.IOException;
import java.util.HexFormat;
import vfio.pci.core.id.DeviceKey;

/**
 * A dump of functions as {@code lspci -xxxx} prints them, for {@code lspci -F FILE} and for a topology to read. Without
 * state.
 */
public final class LspciDump {
    private static final HexFormat BYTES = HexFormat.ofDelimiter(" ");
    private static final int ROW = 16;

    private LspciDump() {
    }

    /** Writes the functions in their order. lspci reads domains of up to five hex digits. */
    public static void write(Iterable<FunctionSnapshot> functions, Appendable out) throws IOException {
        for (FunctionSnapshot function : functions) {
            DeviceKey key = function.key();
            out.append("%s Class %04x: %04x:%04x (rev %02x)\n".formatted(function.address(), key.classCode() >> 8,
                    key.vendor(), key.device(), function.revision()));
            byte[] config = function.config();
            for (int offset = 0; offset < config.length; offset += ROW) {
                out.append("%02x: ".formatted(offset)).append(BYTES.formatHex(config, offset, offset + ROW)).append('\n');
            }
            out.append('\n');
        }
    }
}
