// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import vfio.core.SharedMemory;

/**
 * A user's view of a region's memory. A read is one check of a state word and of the bounds, then one access: no lock, no
 * driver code, no allocation.
 *
 * <p>Accesses are as wide as asked and never merged. No later access of a thread comes before a read, and all earlier
 * accesses of a thread are visible when a write is. Only a read whose value is not used may be left out.
 *
 * <p>While the device's memory is disabled, and for ever from {@link #revoke} on, reads give all ones, as from an unplugged
 * card, and writes are dropped. The memory itself stays until it is unreachable, so a racing access never crashes.
 */
public final class Mapping implements AutoCloseable {
    private static final VarHandle SHORT = view(short[].class);
    private static final VarHandle INT = view(int[].class);
    private static final VarHandle LONG = view(long[].class);
    private static final VarHandle STATE;
    private static final VarHandle OPEN;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Mapping.class, "state", int.class);
            OPEN = MethodHandles.lookup().findVarHandle(Mapping.class, "open", ByteBuffer.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final long WINDOW_MASK = SharedMemory.WINDOW - 1;
    private static final int BLOCKED = 1;
    private static final int REVOKED = 2;

    private final long start;
    private final long size;
    private final ByteBuffer[] windows;
    /** The memory of a mapping within one window, so that the load of a place waits for no other load; else null. */
    private final ByteBuffer whole;
    /** 0 while accesses reach the memory. */
    private int state;
    /** {@link #whole} while accesses reach the memory, else null: one load gives the state and the memory. */
    private ByteBuffer open;

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
        whole = start >>> SharedMemory.WINDOW_SHIFT == windows.length - 1 ? part(windows[windows.length - 1]) : null;
        open = whole;
    }

    private ByteBuffer part(ByteBuffer window) {
        int position = (int) (start & WINDOW_MASK);
        return window.slice(position, (int) Math.min(size, window.limit() - position));
    }

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteBufferViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
    }

    /** Returns the size in bytes. */
    public long size() {
        return size;
    }

    /** Tells whether accesses reach the device now. */
    public boolean live() {
        return (int) STATE.getOpaque(this) == 0;
    }

    /** Tells whether the mapping has ended. */
    boolean revoked() {
        return ((int) STATE.getVolatile(this) & REVOKED) != 0;
    }

    /** Ends the mapping for its user: reads give all ones, writes go nowhere, for ever. */
    public void revoke() {
        change(0, REVOKED);
    }

    /** Takes the memory away until {@link #unblock}. */
    void block() {
        change(0, BLOCKED);
    }

    void unblock() {
        change(BLOCKED, 0);
    }

    /** Ends the mapping as {@link #revoke} does: a closed mapping answers as an unplugged card does. */
    @Override
    public void close() {
        revoke();
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is outside the mapping */
    public byte read8(long offset) {
        ByteBuffer memory = near(offset, Byte.BYTES);
        return memory != null ? get8(memory, (int) offset) : (byte) read(offset, Byte.BYTES);
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is outside the mapping */
    public void write8(long offset, byte value) {
        ByteBuffer memory = near(offset, Byte.BYTES);
        if (memory != null) {
            set8(memory, (int) offset, value);
        } else {
            write(offset, Byte.BYTES, value);
        }
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public short read16(long offset) {
        ByteBuffer memory = near(offset, Short.BYTES);
        return memory != null ? get16(memory, (int) offset) : (short) read(offset, Short.BYTES);
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public void write16(long offset, short value) {
        ByteBuffer memory = near(offset, Short.BYTES);
        if (memory != null) {
            set16(memory, (int) offset, value);
        } else {
            write(offset, Short.BYTES, value);
        }
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public int read32(long offset) {
        ByteBuffer memory = near(offset, Integer.BYTES);
        return memory != null ? get32(memory, (int) offset) : (int) read(offset, Integer.BYTES);
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public void write32(long offset, int value) {
        ByteBuffer memory = near(offset, Integer.BYTES);
        if (memory != null) {
            set32(memory, (int) offset, value);
        } else {
            write(offset, Integer.BYTES, value);
        }
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public long read64(long offset) {
        ByteBuffer memory = near(offset, Long.BYTES);
        return memory != null ? get64(memory, (int) offset) : read(offset, Long.BYTES);
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public void write64(long offset, long value) {
        ByteBuffer memory = near(offset, Long.BYTES);
        if (memory != null) {
            set64(memory, (int) offset, value);
        } else {
            write(offset, Long.BYTES, value);
        }
    }

    /**
     * Returns the memory for the short way of an access, which needs no further check.
     *
     * @return the memory, to be accessed at {@code offset}; null where the mapping is not live, the place unaligned or not
     *     within the mapping, or the mapping of more than one window
     */
    ByteBuffer near(long offset, int width) {
        ByteBuffer memory = (ByteBuffer) OPEN.getOpaque(this);
        int position = (int) offset;
        boolean fits = position == offset && (position & (Integer.MIN_VALUE | width - 1)) == 0;
        return fits && memory != null && position < memory.limit() - (width - 1) ? memory : null;
    }

    /** Tells whether an access would be made: the mapping is live, the place is aligned and within the mapping. */
    boolean reaches(long offset, int width) {
        return live() && !outside(offset, width);
    }

    /**
     * Reads at any place, the slow way.
     *
     * @param width 1, 2, 4 or 8 bytes; the bytes above are 0 in the returned value
     */
    long read(long offset, int width) {
        check(offset, width);
        return (live() ? get(window(offset), position(offset), width) : -1) & -1L >>> Long.SIZE - Byte.SIZE * width;
    }

    private static long get(ByteBuffer memory, int position, int width) {
        return switch (width) {
            case 1 -> get8(memory, position);
            case 2 -> get16(memory, position);
            case 4 -> get32(memory, position);
            default -> get64(memory, position);
        };
    }

    /**
     * Writes at any place, the slow way.
     *
     * @param width 1, 2, 4 or 8 bytes
     */
    void write(long offset, int width, long value) {
        check(offset, width);
        if (live()) {
            set(window(offset), position(offset), width, value);
        }
    }

    private static void set(ByteBuffer memory, int position, int width, long value) {
        switch (width) {
            case 1 -> set8(memory, position, (byte) value);
            case 2 -> set16(memory, position, (short) value);
            case 4 -> set32(memory, position, (int) value);
            default -> set64(memory, position, value);
        }
    }

    // A plain read between fences equals an opaque read here: an aligned read is whole, and the fences let no read be merged
    // or moved. A plain read costs a third less. There is no 8-bit view of a ByteBuffer.

    static byte get8(ByteBuffer memory, int position) {
        VarHandle.fullFence();
        byte value = memory.get(position);
        VarHandle.fullFence();
        return value;
    }

    static void set8(ByteBuffer memory, int position, byte value) {
        VarHandle.fullFence();
        memory.put(position, value);
        VarHandle.fullFence();
    }

    static short get16(ByteBuffer memory, int position) {
        short value = (short) SHORT.get(memory, position);
        VarHandle.acquireFence();
        return value;
    }

    static void set16(ByteBuffer memory, int position, short value) {
        VarHandle.releaseFence();
        SHORT.setOpaque(memory, position, value);
    }

    static int get32(ByteBuffer memory, int position) {
        int value = (int) INT.get(memory, position);
        VarHandle.acquireFence();
        return value;
    }

    static void set32(ByteBuffer memory, int position, int value) {
        VarHandle.releaseFence();
        INT.setOpaque(memory, position, value);
    }

    static long get64(ByteBuffer memory, int position) {
        long value = (long) LONG.get(memory, position);
        VarHandle.acquireFence();
        return value;
    }

    static void set64(ByteBuffer memory, int position, long value) {
        VarHandle.releaseFence();
        LONG.setOpaque(memory, position, value);
    }

    private void check(long offset, int width) {
        if (outside(offset, width)) {
            throw new IndexOutOfBoundsException(
                    "access of " + width + " bytes at " + offset + " in a mapping of " + size + " bytes");
        }
    }

    /** Tells whether a place is below the start, unaligned, or past the end; one mask tests the sign and the low bits. */
    private boolean outside(long offset, int width) {
        return (offset & (Long.MIN_VALUE | width - 1)) != 0 || offset > size - width;
    }

    private ByteBuffer window(long offset) {
        return windows[(int) (start + offset >>> SharedMemory.WINDOW_SHIFT)];
    }

    private int position(long offset) {
        return (int) (start + offset & WINDOW_MASK);
    }

    private synchronized void change(int cleared, int set) {
        int next = state & ~cleared | set;
        STATE.setVolatile(this, next);
        OPEN.setVolatile(this, next == 0 ? whole : null);
    }
}
