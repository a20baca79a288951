// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.util.Arrays;

/** Vectors that are allocated; immutable, so that delivery reads it without a lock. */
final class Vectors {
    private final long[] bits;
    private final int count;

    private Vectors(long[] bits, int count) {
        this.bits = bits;
        this.count = count;
    }

    /** Vectors 0 to {@code count - 1}. */
    static Vectors first(int count) {
        long[] bits = new long[(count + Long.SIZE - 1) / Long.SIZE];
        Arrays.fill(bits, -1);
        if (count % Long.SIZE != 0) {
            bits[bits.length - 1] = (1L << count) - 1;
        }
        return new Vectors(bits, count);
    }

    boolean has(int vector) {
        return vector >= 0 && vector < bits.length * Long.SIZE && (bits[vector / Long.SIZE] >>> vector & 1) != 0;
    }

    int count() {
        return count;
    }

    Vectors with(int vector) {
        long[] more = Arrays.copyOf(bits, Math.max(bits.length, vector / Long.SIZE + 1));
        more[vector / Long.SIZE] |= 1L << vector;
        return new Vectors(more, count + 1);
    }
}
