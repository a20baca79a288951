// SPDX-License-Identifier: Apache-2.0
package vfio.core.iova;

/**
 * Ranges of addresses that do not overlap, each with a value: an AVL tree, null where it is empty, changed in place by one
 * thread at a time. Addresses are unsigned, ends belong to their range.
 *
 * <p>Others may look {@link #at} an address meanwhile: they find something or nothing, in bounded time and without
 * allocation, and must ask whoever guards the changes whether it was true.
 */
public final class RangeTree<V> {
    /** No hole; never the start of one, since nothing of a page's size begins there. */
    public static final long NONE = -1L;
    /** No tree in memory is higher; one that is being changed may lead in circles. */
    private static final int HIGHEST = 64;

    public final long first;
    public final long last;
    public final V value;
    private RangeTree<V> left;
    private RangeTree<V> right;
    private int height;
    private int count;
    private long lowest;
    private long highest;
    /** Bytes of the widest hole between two ranges below and including this one. */
    private long widest;

    private RangeTree(long first, long last, V value) {
        this.first = first;
        this.last = last;
        this.value = value;
        link(null, null);
    }

    private RangeTree<V> link(RangeTree<V> lower, RangeTree<V> upper) {
        left = lower;
        right = upper;
        height = Math.max(height(left), height(right)) + 1;
        count = count(left) + count(right) + 1;
        lowest = left == null ? first : left.lowest;
        highest = right == null ? last : right.highest;
        long hole = left == null ? 0 : greater(left.widest, first - left.highest - 1);
        widest = right == null ? hole : greater(hole, greater(right.widest, right.lowest - last - 1));
        return this;
    }

    private static long greater(long a, long b) {
        return Long.compareUnsigned(a, b) >= 0 ? a : b;
    }

    private static int height(RangeTree<?> tree) {
        return tree == null ? 0 : tree.height;
    }

    /** Returns how many ranges there are. */
    public static int count(RangeTree<?> tree) {
        return tree == null ? 0 : tree.count;
    }

    /** Returns the tree with one more range, which overlaps none. */
    public static <V> RangeTree<V> with(RangeTree<V> tree, long first, long last, V value) {
        if (tree == null) {
            return new RangeTree<>(first, last, value);
        }
        if (Long.compareUnsigned(first, tree.first) < 0) {
            return balanced(tree, with(tree.left, first, last, value), tree.right);
        }
        return balanced(tree, tree.left, with(tree.right, first, last, value));
    }

    /** Returns the tree without the range that begins at {@code first}, where there is one. */
    public static <V> RangeTree<V> without(RangeTree<V> tree, long first) {
        if (tree == null) {
            return null;
        }
        int order = Long.compareUnsigned(first, tree.first);
        if (order < 0) {
            return balanced(tree, without(tree.left, first), tree.right);
        }
        if (order > 0) {
            return balanced(tree, tree.left, without(tree.right, first));
        }
        if (tree.left == null || tree.right == null) {
            return tree.left == null ? tree.right : tree.left;
        }
        RangeTree<V> next = atOrAfter(tree.right, 0);
        RangeTree<V> rest = without(tree.right, next.first);
        return balanced(next, tree.left, rest);
    }

    /** The range of {@code middle} between two trees whose heights differ by two at the most. */
    private static <V> RangeTree<V> balanced(RangeTree<V> middle, RangeTree<V> left, RangeTree<V> right) {
        if (height(left) > height(right) + 1) {
            if (height(left.left) >= height(left.right)) {
                return left.link(left.left, middle.link(left.right, right));
            }
            RangeTree<V> top = left.right;
            return top.link(left.link(left.left, top.left), middle.link(top.right, right));
        }
        if (height(right) > height(left) + 1) {
            if (height(right.right) >= height(right.left)) {
                return right.link(middle.link(left, right.left), right.right);
            }
            RangeTree<V> top = right.left;
            return top.link(middle.link(left, top.left), right.link(top.right, right.right));
        }
        return middle.link(left, right);
    }

    /** Returns the range that {@code address} is in, or null. */
    public static <V> RangeTree<V> at(RangeTree<V> tree, long address) {
        RangeTree<V> here = tree;
        for (int step = 0; here != null && step < HIGHEST; step++) {
            if (Long.compareUnsigned(address, here.first) < 0) {
                here = here.left;
            } else if (Long.compareUnsigned(address, here.last) > 0) {
                here = here.right;
            } else {
                return here;
            }
        }
        return null;
    }

    /** The lowest range that ends at {@code address} or above, or null. */
    static <V> RangeTree<V> atOrAfter(RangeTree<V> tree, long address) {
        RangeTree<V> found = null;
        RangeTree<V> here = tree;
        while (here != null) {
            if (Long.compareUnsigned(here.last, address) >= 0) {
                found = here;
                here = here.left;
            } else {
                here = here.right;
            }
        }
        return found;
    }

    /** Returns the lowest range that has an address from {@code from} to {@code to}, or null. */
    public static <V> RangeTree<V> overlapping(RangeTree<V> tree, long from, long to) {
        RangeTree<V> found = atOrAfter(tree, from);
        return found != null && Long.compareUnsigned(found.first, to) <= 0 ? found : null;
    }

    /** Returns the next range above {@code range} that begins at {@code to} or below, or null. */
    public static <V> RangeTree<V> next(RangeTree<V> tree, RangeTree<V> range, long to) {
        return range.last == -1L ? null : overlapping(tree, range.last + 1, to);
    }

    /**
     * Returns the lowest place for {@code length} bytes from {@code from} to {@code to} that no range has.
     *
     * @param alignment a power of two
     * @return its first address, or {@link #NONE}
     */
    public static long hole(RangeTree<?> tree, long from, long to, long length, long alignment) {
        if (Long.compareUnsigned(from, to) > 0 || Long.compareUnsigned(to - from, length - 1) < 0) {
            return NONE;
        }
        if (tree == null) {
            return fit(from, to, length, alignment);
        }
        if (!tree.mayHaveHole(from, to, length)) {
            return NONE;
        }
        if (Long.compareUnsigned(tree.first, from) > 0) {
            long below = Long.compareUnsigned(tree.first - 1, to) < 0 ? tree.first - 1 : to;
            long found = hole(tree.left, from, below, length, alignment);
            if (found != NONE) {
                return found;
            }
        }
        if (Long.compareUnsigned(tree.last, to) >= 0) {
            return NONE;
        }
        return hole(tree.right, greater(from, tree.last + 1), to, length, alignment);
    }

    private static long fit(long from, long to, long length, long alignment) {
        long start = (from + alignment - 1) & -alignment;
        boolean fits = Long.compareUnsigned(start, from) >= 0 && Long.compareUnsigned(start, to) <= 0
                && Long.compareUnsigned(to - start, length - 1) >= 0;
        return fits ? start : NONE;
    }

    private boolean mayHaveHole(long from, long to, long length) {
        return Long.compareUnsigned(widest, length) >= 0
                || Long.compareUnsigned(lowest, from) > 0 && Long.compareUnsigned(lowest - from, length) >= 0
                || Long.compareUnsigned(to, highest) > 0 && Long.compareUnsigned(to - highest, length) >= 0;
    }
}
