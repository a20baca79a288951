// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

import java.util.Arrays;
import vfio.hardware.emulated.config.RegisterBlock;
import vfio.pci.core.id.DeviceKey;

/**
 * An expansion ROM: what its BAR decodes, and the image in it, which may be shorter or missing; or without a BAR the copy
 * that firmware has left of it. Immutable.
 */
public final class Rom {
    private static final int LEAST = 2 << 10;
    private static final int MOST = 16 << 20;
    private static final int BLOCK = 512;
    /** The room for copies by firmware: C0000h to DFFFFh. */
    private static final int MOST_SHADOWED = 128 << 10;
    /** The offset of the PCI data structure in a generated image. */
    private static final int DATA = 0x40;

    private final int size;
    private final byte[] image;

    /**
     * Makes a ROM with a BAR.
     *
     * @param size bytes that the BAR decodes, a power of two from 2 KiB to 16 MiB
     * @param image at most {@code size} bytes; none for a ROM that cannot be read
     */
    public Rom(int size, byte[] image) {
        if (size < LEAST || size > MOST || Integer.bitCount(size) != 1) {
            throw new IllegalArgumentException("a ROM of " + size + " bytes; expected a power of two from 2K to 16M");
        }
        if (image.length > size) {
            throw new IllegalArgumentException("a ROM image of " + image.length + " bytes for a ROM of " + size);
        }
        this.size = size;
        this.image = image.clone();
    }

    private Rom(byte[] shadow) {
        size = 0;
        image = shadow;
    }

    /**
     * Returns the copy that firmware has left of a ROM no BAR decodes.
     *
     * @param image of 1 byte to 128 KiB
     */
    public static Rom shadow(byte[] image) {
        if (image.length == 0 || image.length > MOST_SHADOWED) {
            throw new IllegalArgumentException("a shadow ROM of " + image.length + " bytes; expected 1 to " + MOST_SHADOWED);
        }
        return new Rom(image.clone());
    }

    /** Returns a shadow with an image of nothing but its headers; {@code length} as of {@link #generated}. */
    public static Rom generatedShadow(int length, DeviceKey key, int revision) {
        return shadow(generated(MOST_SHADOWED, length, key, revision).image);
    }

    /**
     * Returns a ROM with an image of nothing but its headers (PCI Firmware 3.0 §5.1).
     *
     * @param length of the image in bytes, a multiple of 512; 0 for a ROM that cannot be read
     */
    public static Rom generated(int size, int length, DeviceKey key, int revision) {
        if (length < 0 || length > size || length % BLOCK != 0) {
            throw new IllegalArgumentException("a ROM image of " + length + " bytes; expected a multiple of " + BLOCK
                    + ", at most " + size);
        }
        return new Rom(size, length == 0 ? new byte[0] : image(length, key, revision));
    }

    private static byte[] image(int length, DeviceKey key, int revision) {
        RegisterBlock r = new RegisterBlock(length).u16(0, 0xaa55).u8(2, length / BLOCK).u8(3, 0xcb).u16(0x18, DATA);
        r.u32(DATA, 'P' | 'C' << 8 | 'I' << 16 | 'R' << 24).u16(DATA + 4, key.vendor()).u16(DATA + 6, key.device());
        r.u16(DATA + 0xa, 0x18).u8(DATA + 0xc, 3).u32(DATA + 0xd, key.classCode()).u16(DATA + 0x10, length / BLOCK);
        r.u16(DATA + 0x12, revision).u8(DATA + 0x14, 0).u8(DATA + 0x15, 0x80);
        int sum = 0;
        for (byte b : r.values()) {
            sum += b;
        }
        // All bytes add up to 0.
        return r.u8(length - 1, -sum).values();
    }

    /** Tells whether no BAR decodes it. */
    public boolean shadowed() {
        return size == 0;
    }

    /** Returns the bytes that the BAR decodes; 0 for a shadow. */
    public int size() {
        return size;
    }

    /** Returns the length of the image in bytes, 0 where it cannot be read. */
    public int length() {
        return image.length;
    }

    /** Returns a byte of the image. */
    public byte at(int position) {
        return image[position];
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Rom other && size == other.size && Arrays.equals(image, other.image);
    }

    @Override
    public int hashCode() {
        return 31 * size + Arrays.hashCode(image);
    }

    @Override
    public String toString() {
        return shadowed() ? "shadow of a ROM image of " + image.length
                : "ROM of " + size + " bytes with an image of " + image.length;
    }
}
