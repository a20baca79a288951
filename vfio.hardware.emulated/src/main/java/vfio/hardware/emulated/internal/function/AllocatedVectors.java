// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import java.util.Arrays;

/** The set of vectors that are allocated; immutable, so that delivery reads it without a lock. */
final class AllocatedVectors {
    private final long[] bits;
    private final int count;

    private AllocatedVectors(long[] bits, int count) {
        this.bits = bits;
        this.count = count;
    }

    /** Returns the set of vectors 0 to {@code count - 1}. */
    static AllocatedVectors first(int count) {
        long[] bits = new long[(count + Long.SIZE - 1) / Long.SIZE];
        Arrays.fill(bits, -1);
        if (count % Long.SIZE != 0) {
            bits[bits.length - 1] = (1L << count) - 1;
        }
        return new AllocatedVectors(bits, count);
    }

    /** Tells whether a vector is in the set. */
    boolean has(int vector) {
        return vector >= 0 && vector < bits.length * Long.SIZE && (bits[vector / Long.SIZE] >>> vector & 1) != 0;
    }

    /** Returns the number of vectors. */
    int count() {
        return count;
    }

    /** Returns the set with one more vector. */
    AllocatedVectors with(int vector) {
        long[] more = Arrays.copyOf(bits, Math.max(bits.length, vector / Long.SIZE + 1));
        more[vector / Long.SIZE] |= 1L << vector;
        return new AllocatedVectors(more, count + 1);
    }
}
