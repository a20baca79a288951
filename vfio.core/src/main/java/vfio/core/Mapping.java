// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A user's view of a region's memory. A read is one check of a state word and of the bounds, then one access: no lock, no
 * driver code, no allocation.
 *
 * <p>Accesses are as wide as asked and never merged; what a thread does after a read is not done before it, and what it did
 * before a write is there when the write is seen. Only a read whose value nobody uses may be left out.
 *
 * <p>While the device's memory is disabled, and for ever from {@link #revoke} on, reads give all ones, as from an unplugged
 * card, and writes are dropped. The memory itself stays until it is unreachable, so a racing access is never a crash.
 */
public final class Mapping implements AutoCloseable {
    private static final VarHandle SHORT = view(short[].class);
    private static final VarHandle INT = view(int[].class);
    private static final VarHandle LONG = view(long[].class);
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Mapping.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int WINDOW_SHIFT = Long.numberOfTrailingZeros(SharedMemory.WINDOW);
    private static final long WINDOW_MASK = SharedMemory.WINDOW - 1;
    private static final int BLOCKED = 1;
    private static final int REVOKED = 2;

    private final long start;
    private final long size;
    private final ByteBuffer[] windows;
    /** The mapping itself, where it lies within one window: then a place's load waits for no other; else null. */
    private final ByteBuffer whole;
    /** 0 while accesses reach the memory. */
    private int state;

    public Mapping(SharedMemory memory) {
        this(memory, 0, memory.size());
    }

    /**
     * Maps a part.
     *
     * @param start a multiple of 8 within the memory
     * @param size more than 0, not past the memory's end
     */
    Mapping(SharedMemory memory, long start, long size) {
        this.start = start;
        this.size = size;
        windows = new ByteBuffer[(int) ((start + size - 1) / SharedMemory.WINDOW) + 1];
        for (int i = (int) (start / SharedMemory.WINDOW); i < windows.length; i++) {
            windows[i] = memory.window(i);
        }
        whole = start >>> WINDOW_SHIFT == windows.length - 1 ? from(windows[windows.length - 1], (int) (start & WINDOW_MASK))
                : null;
    }

    private static ByteBuffer from(ByteBuffer window, int position) {
        return window.slice(position, window.limit() - position);
    }

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteBufferViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
    }

    /** Size in bytes. */
    public long size() {
        return size;
    }

    /** Whether accesses reach the device now. */
    public boolean live() {
        return (int) STATE.getOpaque(this) == 0;
    }

    /** Whether the mapping has ended. */
    boolean revoked() {
        return ((int) STATE.getVolatile(this) & REVOKED) != 0;
    }

    /** Ends the mapping for its user: reads give all ones, writes go nowhere, for ever. */
    public void revoke() {
        STATE.getAndBitwiseOr(this, REVOKED);
    }

    /** Takes the memory away until {@link #unblock}. */
    void block() {
        STATE.getAndBitwiseOr(this, BLOCKED);
    }

    void unblock() {
        STATE.getAndBitwiseAnd(this, ~BLOCKED);
    }

    /** The same as {@link #revoke}: a closed mapping answers as an unplugged card does. */
    @Override
    public void close() {
        revoke();
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is outside the mapping */
    public byte read8(long offset) {
        check(offset, Byte.BYTES);
        if (!live()) {
            return -1;
        }
        // ByteBuffer has no 8-bit view handle: a plain access between fences.
        VarHandle.fullFence();
        byte value = window(offset).get(position(offset));
        VarHandle.fullFence();
        return value;
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is outside the mapping */
    public void write8(long offset, byte value) {
        check(offset, Byte.BYTES);
        if (live()) {
            VarHandle.fullFence();
            window(offset).put(position(offset), value);
            VarHandle.fullFence();
        }
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public short read16(long offset) {
        check(offset, Short.BYTES);
        return live() ? get16(offset) : -1;
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public void write16(long offset, short value) {
        check(offset, Short.BYTES);
        if (live()) {
            set16(offset, value);
        }
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public int read32(long offset) {
        check(offset, Integer.BYTES);
        return live() ? get32(offset) : -1;
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public void write32(long offset, int value) {
        check(offset, Integer.BYTES);
        if (live()) {
            set32(offset, value);
        }
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public long read64(long offset) {
        check(offset, Long.BYTES);
        return live() ? get64(offset) : -1;
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public void write64(long offset, long value) {
        check(offset, Long.BYTES);
        if (live()) {
            set64(offset, value);
        }
    }

    /** Whether an access of that place would be made: the mapping is live, the place aligned and within it. */
    boolean reaches(long offset, int width) {
        return live() && !outside(offset, width);
    }

    // Without checks, for whoever has just asked whether the place is reached. A plain read between fences is an opaque one's
    // equal here: aligned, so whole, and no fence lets it be merged or moved. It costs a third less.

    short get16(long offset) {
        short value = (short) SHORT.get(window(offset), position(offset));
        VarHandle.acquireFence();
        return value;
    }

    void set16(long offset, short value) {
        VarHandle.releaseFence();
        SHORT.setOpaque(window(offset), position(offset), value);
    }

    int get32(long offset) {
        int value = (int) INT.get(window(offset), position(offset));
        VarHandle.acquireFence();
        return value;
    }

    void set32(long offset, int value) {
        VarHandle.releaseFence();
        INT.setOpaque(window(offset), position(offset), value);
    }

    long get64(long offset) {
        long value = (long) LONG.get(window(offset), position(offset));
        VarHandle.acquireFence();
        return value;
    }

    void set64(long offset, long value) {
        VarHandle.releaseFence();
        LONG.setOpaque(window(offset), position(offset), value);
    }

    /** @param width 1, 2, 4 or 8 bytes; those above are 0 in what is returned */
    long read(long offset, int width) {
        return switch (width) {
            case 1 -> read8(offset) & 0xffL;
            case 2 -> read16(offset) & 0xffffL;
            case 4 -> read32(offset) & 0xffff_ffffL;
            default -> read64(offset);
        };
    }

    /** @param width 1, 2, 4 or 8 bytes */
    void write(long offset, int width, long value) {
        switch (width) {
            case 1 -> write8(offset, (byte) value);
            case 2 -> write16(offset, (short) value);
            case 4 -> write32(offset, (int) value);
            default -> write64(offset, value);
        }
    }

    private void check(long offset, int width) {
        if (outside(offset, width)) {
            throw new IndexOutOfBoundsException(
                    "access of " + width + " bytes at " + offset + " in a mapping of " + size + " bytes");
        }
    }

    /** Below the start, unaligned, or past the end: the sign and the low bits by one look. */
    private boolean outside(long offset, int width) {
        return (offset & (Long.MIN_VALUE | width - 1)) != 0 || offset > size - width;
    }

    private ByteBuffer window(long offset) {
        return whole != null ? whole : windows[(int) (start + offset >>> WINDOW_SHIFT)];
    }

    private int position(long offset) {
        return whole != null ? (int) offset : (int) (start + offset & WINDOW_MASK);
    }
}
