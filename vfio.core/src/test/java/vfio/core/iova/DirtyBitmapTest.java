// SPDX-License-Identifier: Apache-2.0
package vfio.core.iova;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;

class DirtyBitmapTest {
    private static Errno errno(long iova, long length, long pageSize) {
        return assertThrows(VfioException.class, () -> new DirtyBitmap(iova, length, pageSize)).errno();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 2, 2048, 4095, 4097, 6144, 12288, -1, -4096, Long.MIN_VALUE + 4096})
    @Tag("C8-41")
    void pageSizeIsAPowerOfTwoFrom4096On(long pageSize) {
        assertEquals(Errno.EINVAL, errno(0, 1L << 20, pageSize));
    }

    @Test
    @Tag("C8-41")
    void everyOtherPowerOfTwoIsOne() {
        for (int bit = 12; bit < 64; bit++) {
            assertEquals(1, new DirtyBitmap(0x1000, 1, 1L << bit).pages());
        }
    }

    @Test
    void rangeThatDoesNotFitIsEoverflow() {
        assertEquals(Errno.EOVERFLOW, errno(-4096, 4096, 4096));
        assertEquals(Errno.EOVERFLOW, errno(-1, 2, 4096));
        assertEquals(Errno.EOVERFLOW, errno(4096, -1, 4096));
        assertEquals(Errno.EINVAL, errno(-4096, 4096, 4095)); // the page size is looked at first
        assertEquals(1, new DirtyBitmap(-4096, 4095, 4096).pages());
    }

    @Test
    void emptyAndHugeRangesAreRefused() {
        assertEquals(Errno.EINVAL, errno(4096, 0, 4096));
        assertEquals(Errno.E2BIG, errno(0, -1, 4096));
        assertEquals(Errno.E2BIG, errno(0, Integer.MAX_VALUE * 4096L + 1, 4096));
        assertEquals(Integer.MAX_VALUE, new DirtyBitmap(0, Integer.MAX_VALUE * 4096L, 4096).pages());
        assertEquals(1 << 28, new DirtyBitmap(0, Integer.MAX_VALUE * 4096L, 4096).size());
    }

    @Test
    @Tag("C8-42")
    void bitsAreInLittleEndianWords() {
        DirtyBitmap bitmap = new DirtyBitmap(0x10000, 65 * 4096, 4096);
        bitmap.set(0x10000, 1);
        bitmap.set(0x10000 + 63 * 4096, 4097);
        ByteBuffer bytes = bitmap.words().order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(16, bytes.remaining());
        assertEquals(0x8000_0000_0000_0001L, bytes.getLong());
        assertEquals(1, bytes.getLong());
        assertEquals(3, bitmap.dirtyPages());
        assertEquals(65, bitmap.pages());
    }

    @Test
    void whatLiesOutsideDoesNotCount() {
        DirtyBitmap bitmap = new DirtyBitmap(0x10000, 0x4000, 4096);
        bitmap.set(0xf000, 0x1000);
        bitmap.set(0x14000, 0x1000);
        bitmap.set(0x11000, 0);
        bitmap.set(-4096, -1);
        bitmap.set(-1, 2); // wraps
        assertEquals(0, bitmap.dirtyPages());
        DirtyBitmap other = new DirtyBitmap(0x10000, 0x4000, 4096);
        other.set(0x12000, -1); // wraps
        assertEquals(2, other.dirtyPages());
        bitmap.set(0xffff, 2);
        assertEquals(1, bitmap.dirtyPages());
        bitmap.set(0, -1);
        assertEquals(4, bitmap.dirtyPages());
    }

    /** In units of 1024 bytes, so that pages are cut. */
    @Property(tries = 300)
    void everyPageThatIsTouchedIsDirty(@ForAll @IntRange(min = 0, max = 300) int iova,
            @ForAll @IntRange(min = 1, max = 300) int length, @ForAll @IntRange(min = 0, max = 3) int shift,
            @ForAll @IntRange(min = 0, max = 700) int from, @ForAll @IntRange(min = 0, max = 300) int count) {
        int unit = 4 << shift;
        DirtyBitmap bitmap = new DirtyBitmap(iova * 1024L, length * 1024L, unit * 1024L);
        bitmap.set(from * 1024L, count * 1024L);
        List<Integer> expected = new ArrayList<>();
        for (int at = Math.max(iova, from); at < Math.min(iova + length, from + count); at++) {
            int page = (at - iova) / unit;
            if (!expected.contains(page)) {
                expected.add(page);
            }
        }
        List<Integer> dirty = new ArrayList<>();
        for (int page = 0; page < bitmap.pages(); page++) {
            if (bitmap.isDirty(page)) {
                dirty.add(page);
            }
        }
        assertEquals(expected, dirty);
        assertEquals((length + unit - 1) / unit, bitmap.pages());
    }
}
