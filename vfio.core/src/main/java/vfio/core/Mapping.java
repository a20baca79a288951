// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A user's view of a region's memory. A read is one check of a state word and of the bounds, then one opaque access: no
 * lock, no driver code, no allocation.
 *
 * <p>{@link #revoke} flips the state word. From then on reads give all ones, as from an unplugged card, and writes are
 * dropped; the memory itself stays until it is unreachable, so a racing access is never a crash.
 */
public final class Mapping implements AutoCloseable {
    private static final VarHandle SHORT = view(short[].class);
    private static final VarHandle INT = view(int[].class);
    private static final VarHandle LONG = view(long[].class);
    private static final VarHandle LIVE;

    static {
        try {
            LIVE = MethodHandles.lookup().findVarHandle(Mapping.class, "live", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final int WINDOW_SHIFT = Long.numberOfTrailingZeros(SharedMemory.WINDOW);

    private final long size;
    private final ByteBuffer[] windows;
    private boolean live = true;

    public Mapping(SharedMemory memory) {
        size = memory.size();
        windows = new ByteBuffer[(int) ((size - 1) / SharedMemory.WINDOW) + 1];
        for (int i = 0; i < windows.length; i++) {
            windows[i] = memory.window(i);
        }
    }

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteBufferViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
    }

    /** Size in bytes. */
    public long size() {
        return size;
    }

    /** Whether accesses still reach the device. */
    public boolean live() {
        return (boolean) LIVE.getOpaque(this);
    }

    /** Ends the mapping for its user: reads give all ones, writes go nowhere, for ever. */
    public void revoke() {
        LIVE.setVolatile(this, false);
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
        return live() ? (short) SHORT.getOpaque(window(offset), position(offset)) : -1;
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public void write16(long offset, short value) {
        check(offset, Short.BYTES);
        if (live()) {
            SHORT.setOpaque(window(offset), position(offset), value);
        }
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public int read32(long offset) {
        check(offset, Integer.BYTES);
        return live() ? (int) INT.getOpaque(window(offset), position(offset)) : -1;
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public void write32(long offset, int value) {
        check(offset, Integer.BYTES);
        if (live()) {
            INT.setOpaque(window(offset), position(offset), value);
        }
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public long read64(long offset) {
        check(offset, Long.BYTES);
        return live() ? (long) LONG.getOpaque(window(offset), position(offset)) : -1;
    }

    /** @throws IndexOutOfBoundsException where {@code offset} is unaligned or outside the mapping */
    public void write64(long offset, long value) {
        check(offset, Long.BYTES);
        if (live()) {
            LONG.setOpaque(window(offset), position(offset), value);
        }
    }

    private void check(long offset, int width) {
        if (offset < 0 || offset > size - width || (offset & (width - 1)) != 0) {
            throw new IndexOutOfBoundsException(
                    "access of " + width + " bytes at " + offset + " in a mapping of " + size + " bytes");
        }
    }

    private ByteBuffer window(long offset) {
        return windows[(int) (offset >>> WINDOW_SHIFT)];
    }

    private static int position(long offset) {
        return (int) (offset & (SharedMemory.WINDOW - 1));
    }
}
