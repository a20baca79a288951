// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

/** Bytes in hex, 16 to a line, as lspci has them. */
final class HexDump {
    private static final int LINE = 16;

    private HexDump() {
    }

    /** @param from the position of the first byte */
    static String of(byte[] bytes, long from) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < bytes.length; i++) {
            if (i % LINE == 0) {
                text.append(i == 0 ? "" : "\n").append("%02x:".formatted(from + i));
            }
            text.append(" %02x".formatted(bytes[i]));
        }
        return text.append('\n').toString();
    }

    /** The little-endian dword there. */
    static String dword(byte[] bytes, int at) {
        return "%02x%02x%02x%02x".formatted(bytes[at + 3], bytes[at + 2], bytes[at + 1], bytes[at]);
    }
}
