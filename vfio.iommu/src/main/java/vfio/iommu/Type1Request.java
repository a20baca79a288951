// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import static vfio.core.iova.IovaRange.PAGE_OFFSET;

import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.iova.IovaRange;

/** What is wrong with a request to a type1 container in itself, and how that is said. */
final class Type1Request {
    private static final long MOST_TRACKED = VfioBitmap.LARGEST * Byte.SIZE * IovaRange.PAGE;

    private Type1Request() {
    }

    static void checkMap(long offset, long iova, long size) {
        if (size == 0 || ((size | iova | offset) & PAGE_OFFSET) != 0) {
            throw refused(Errno.EINVAL, "map", iova, size, "size, iova and offset must be multiples of 4096, size not 0");
        }
        if (wraps(iova, size) || wraps(offset, size)) {
            throw refused(Errno.EINVAL, "map", iova, size, "the range runs past the last address");
        }
    }

    static void checkTracked(long iova, long size) {
        if (Long.compareUnsigned(size, MOST_TRACKED) > 0) {
            throw refused(Errno.EINVAL, "track dirty pages", iova, size, "a bitmap has 256 MiB at the most");
        }
    }

    static boolean wraps(long start, long size) {
        return Long.compareUnsigned(start + size - 1, start) < 0;
    }

    static VfioException refused(Errno errno, String act, long iova, long size, String why) {
        return new VfioException(errno, act + " " + Long.toUnsignedString(size) + " bytes at 0x" + Long.toHexString(iova)
                + ": " + why);
    }
}
