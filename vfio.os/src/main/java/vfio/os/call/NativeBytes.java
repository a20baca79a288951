// SPDX-License-Identifier: Apache-2.0
package vfio.os.call;

import com.kenai.jffi.MemoryIO;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory outside the heap that the kernel reads or fills during a call: a struct, or a buffer. Zero at first, little-endian
 * as x86-64 and 64-bit Arm are. The memory lives as long as this object is reachable.
 */
public final class NativeBytes {
    private final ByteBuffer bytes;
    /** 0 until it is asked for. */
    private long address;

    private NativeBytes(ByteBuffer bytes) {
        this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Allocates bytes, all zero.
     *
     * @param size in bytes, 0 or more
     */
    public static NativeBytes allocate(int size) {
        return new NativeBytes(ByteBuffer.allocateDirect(size));
    }

    /** Returns the memory of a direct buffer, from its start on; the buffer stays reachable as long as the result is. */
    public static NativeBytes at(ByteBuffer direct) {
        return new NativeBytes(direct.duplicate());
    }

    /** Allocates a number of 8 bytes. */
    public static NativeBytes ofLong(long number) {
        NativeBytes bytes = allocate(Long.BYTES);
        bytes.bytes.putLong(0, number);
        return bytes;
    }

    /** Copies the bytes of a buffer from its position to its limit; the position stays. */
    public static NativeBytes of(ByteBuffer source) {
        NativeBytes copy = allocate(source.remaining());
        copy.bytes.put(0, source, source.position(), source.remaining());
        return copy;
    }

    /** Returns the bytes, to be read and written by absolute position; the same buffer each time. */
    public ByteBuffer bytes() {
        return bytes;
    }

    /** Returns the size in bytes. */
    public int size() {
        return bytes.capacity();
    }

    /** Returns the memory's address, for the kernel alone; it is valid while this object is reachable. */
    public long address() {
        if (address == 0) {
            address = MemoryIO.getInstance().getDirectBufferAddress(bytes);
        }
        return address;
    }
}
