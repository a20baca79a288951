// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

/** Little-endian reads of an image. */
record ConfigBytes(byte[] image) {

    int size() {
        return image.length;
    }

    boolean holds(int offset, int width) {
        return offset >= 0 && offset <= image.length - width;
    }

    /** @param width 1 to 8 bytes, which the image holds */
    long read(int offset, int width) {
        long value = 0;
        for (int i = width - 1; i >= 0; i--) {
            value = value << 8 | image[offset + i] & 0xff;
        }
        return value;
    }

    int u8(int offset) {
        return (int) read(offset, 1);
    }

    int u16(int offset) {
        return (int) read(offset, 2);
    }

    long u32(int offset) {
        return read(offset, 4);
    }

    /** 0 function, 1 PCI bridge, 2 CardBus bridge; others are nothing known. */
    int headerType() {
        return u8(0x0e) & 0x7f;
    }
}
