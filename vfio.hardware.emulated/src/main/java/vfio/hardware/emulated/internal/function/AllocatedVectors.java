// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import java.util.Arrays;

/** AllocatedVectors that are allocated; immutable, so that delivery reads it without a lock. */
final class AllocatedVectors {
    private final long[] bits;
    private final int count;

    private AllocatedVectors(long[] bits, int count) {
        this.bits = bits;
        this.count = count;
    }

    /** AllocatedVectors 0 to {@code count - 1}. */
    static AllocatedVectors first(int count) {
        long[] bits = new long[(count + Long.SIZE - 1) / Long.SIZE];
        Arrays.fill(bits, -1);
        if (count % Long.SIZE != 0) {
            bits[bits.length - 1] = (1L << count) - 1;
        }
        return new AllocatedVectors(bits, count);
    }

    boolean has(int vector) {
        return vector >= 0 && vector < bits.length * Long.SIZE && (bits[vector / Long.SIZE] >>> vector & 1) != 0;
    }

    int count() {
        return count;
    }

    AllocatedVectors with(int vector) {
        long[] more = Arrays.copyOf(bits, Math.max(bits.length, vector / Long.SIZE + 1));
        more[vector / Long.SIZE] |= 1L << vector;
        return new AllocatedVectors(more, count + 1);
    }
}
