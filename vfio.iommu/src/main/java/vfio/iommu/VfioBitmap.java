// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.nio.ByteBuffer;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.iova.DirtyBitmap;

/**
 * The memory where a user wants the bits of written pages set ({@code struct vfio_bitmap}, uapi/linux/vfio.h):
 * little-endian 64-bit words, a bit for each page from the start of the range on that the call states. It is as the user
 * states it: the call that receives it refuses what does not fit.
 *
 * @param pageSize bytes for each bit
 * @param size of the bitmap in bytes, a multiple of 8 for the words to be whole
 * @param data at least {@code size} bytes from its position on; position and limit do not change
 */
public record VfioBitmap(long pageSize, long size, ByteBuffer data) {
    /** The size of the largest bitmap, in bytes. */
    public static final long LARGEST = 256L << 20;

    /** Makes a zeroed bitmap for {@code length} bytes of addresses. */
    public static VfioBitmap of(long pageSize, long length) {
        long bytes = DirtyBitmap.bytes((length - 1) / pageSize + 1);
        return new VfioBitmap(pageSize, bytes, ByteBuffer.allocate(Math.toIntExact(bytes)));
    }

    /** Tells whether a page's bit is set. */
    public boolean isSet(long page) {
        return (data.get(data.position() + (int) (page / Byte.SIZE)) >> page % Byte.SIZE & 1) != 0;
    }

    /**
     * Checks that the bitmap fits {@code length} bytes of addresses.
     *
     * @throws VfioException EINVAL where it is empty, too large or too small; EFAULT where {@code data} is smaller
     */
    void check(String act, long length) {
        long pages = pageSize > 0 ? Long.divideUnsigned(length, Long.lowestOneBit(pageSize)) : 0;
        if (pages == 0 || size <= 0 || size > LARGEST || Long.compareUnsigned(size, DirtyBitmap.bytes(pages)) < 0) {
            throw new VfioException(Errno.EINVAL, act + ": a bitmap of " + size + " bytes for pages of " + pageSize
                    + " bytes does not fit; it takes a bit for each page in whole 64-bit words, 256 MiB at the most");
        }
        if (data.isReadOnly() || data.remaining() < size) {
            throw new VfioException(Errno.EFAULT, act + ": the buffer is smaller than the bitmap, or read-only");
        }
    }

    /** Sets the bits of the addresses from {@code first} to {@code last} of a range that begins at {@code base}. */
    void set(long base, long first, long last) {
        change(Long.divideUnsigned(first - base, pageSize), Long.divideUnsigned(last - base, pageSize), true);
    }

    /** Clears the bits of the addresses from {@code first} to {@code last} of a range that begins at {@code base}. */
    void clear(long base, long first, long last) {
        change(Long.divideUnsigned(first - base, pageSize), Long.divideUnsigned(last - base, pageSize), false);
    }

    private void change(long from, long to, boolean on) {
        for (long index = from / Byte.SIZE; index <= to / Byte.SIZE; index++) {
            int mask = 0xff;
            if (index == from / Byte.SIZE) {
                mask &= 0xff << from % Byte.SIZE;
            }
            if (index == to / Byte.SIZE) {
                mask &= 0xff >> Byte.SIZE - 1 - to % Byte.SIZE;
            }
            int at = data.position() + (int) index;
            data.put(at, (byte) (on ? data.get(at) | mask : data.get(at) & ~mask));
        }
    }
}
