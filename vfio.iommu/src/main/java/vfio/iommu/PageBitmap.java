// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** A bit for each page of an area, set by devices and taken by users at the same time. Costs what has been set. */
final class PageBitmap {
    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int CHUNK_SHIFT = 15;
    private static final int WORDS_OF_CHUNK = (1 << CHUNK_SHIFT) / Long.SIZE;

    private final AtomicReferenceArray<long[]> chunks;

    /** PinnedPages from one to another, both inclusive. */
    interface Run {
        void pages(long first, long last);
    }

    PageBitmap(long pages) {
        chunks = new AtomicReferenceArray<>((int) ((pages - 1 >>> CHUNK_SHIFT) + 1));
    }

    /** @param last inclusive, as everywhere here */
    void set(long first, long last) {
        for (long word = first / Long.SIZE; word <= last / Long.SIZE; word++) {
            long[] chunk = chunk(word, true);
            int index = (int) (word % WORDS_OF_CHUNK);
            long mask = mask(word, first, last);
            if (((long) WORDS.getVolatile(chunk, index) & mask) != mask) {
                WORDS.getAndBitwiseOr(chunk, index, mask);
            }
        }
    }

    /** Tells the pages set. */
    void read(long first, long last, boolean clear, Run run) {
        for (long word = first / Long.SIZE; word <= last / Long.SIZE; word++) {
            long[] chunk = chunk(word, false);
            if (chunk == null) {
                word |= WORDS_OF_CHUNK - 1; // on to the next chunk
                continue;
            }
            int index = (int) (word % WORDS_OF_CHUNK);
            long mask = mask(word, first, last);
            long set = clear ? (long) WORDS.getAndBitwiseAnd(chunk, index, ~mask) : (long) WORDS.getVolatile(chunk, index);
            tell(word * Long.SIZE, set & mask, run);
        }
    }

    private static void tell(long base, long set, Run run) {
        long left = set;
        while (left != 0) {
            int from = Long.numberOfTrailingZeros(left);
            int length = Long.numberOfTrailingZeros(~(left >>> from));
            run.pages(base + from, base + from + length - 1);
            left = from + length == Long.SIZE ? 0 : left & (-1L << (from + length));
        }
    }

    private static long mask(long word, long first, long last) {
        long mask = -1L;
        if (word == first / Long.SIZE) {
            mask &= -1L << (first % Long.SIZE);
        }
        if (word == last / Long.SIZE) {
            mask &= -1L >>> (Long.SIZE - 1 - last % Long.SIZE);
        }
        return mask;
    }

    private long[] chunk(long word, boolean make) {
        int index = (int) (word / WORDS_OF_CHUNK);
        long[] chunk = chunks.get(index);
        if (chunk == null && make) {
            chunks.compareAndSet(index, null, new long[WORDS_OF_CHUNK]);
            chunk = chunks.get(index);
        }
        return chunk;
    }
}
