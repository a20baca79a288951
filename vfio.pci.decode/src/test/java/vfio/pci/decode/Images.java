// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.util.HexFormat;

/** Config spaces for tests: a header, and capabilities where the test puts them. */
final class Images {
    final byte[] bytes;

    Images(int size, int headerType) {
        bytes = new byte[size];
        put(0x00, "f41a0010");
        put(0x0e, "%02x".formatted(headerType));
    }

    Images put(int offset, String hex) {
        byte[] them = HexFormat.of().parseHex(hex.replace(" ", ""));
        System.arraycopy(them, 0, bytes, offset, them.length);
        return this;
    }

    /** A standard capability as the first, its next pointer being in the bytes. */
    Images first(int offset, String hex) {
        return put(0x06, "1000").put(0x34, "%02x".formatted(offset)).put(offset, hex);
    }

    DecodedConfig decode() {
        return DecodedConfig.of(bytes);
    }
}
