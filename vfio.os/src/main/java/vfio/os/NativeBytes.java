// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import com.kenai.jffi.MemoryIO;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory outside the heap that the kernel reads or fills during a call: a struct, or a buffer. Zero at first, little-endian as
 * the kernels that we know; it lives as long as this object is reachable, and so at least as long as a call that has it.
 */
public final class NativeBytes {
    private final ByteBuffer bytes;
    /** 0 until someone asks. */
    private long address;

    private NativeBytes(ByteBuffer bytes) {
        this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
    }

    /** @param size in bytes, 0 or more */
    public static NativeBytes allocate(int size) {
        return new NativeBytes(ByteBuffer.allocateDirect(size));
    }

    /** Memory that a direct buffer has already, from its start on; it keeps the buffer reachable. */
    public static NativeBytes at(ByteBuffer direct) {
        return new NativeBytes(direct.duplicate());
    }

    /** A copy of bytes from the buffer's position on. */
    public static NativeBytes of(ByteBuffer source) {
        NativeBytes copy = allocate(source.remaining());
        copy.bytes.put(0, source, source.position(), source.remaining());
        return copy;
    }

    /** Its bytes by absolute position; the same buffer each time. */
    public ByteBuffer bytes() {
        return bytes;
    }

    /** Size in bytes. */
    public int size() {
        return bytes.capacity();
    }

    /** Where it is; of use to the kernel alone, and only while this object is reachable. */
    public long address() {
        if (address == 0) {
            address = MemoryIO.getInstance().getDirectBufferAddress(bytes);
        }
        return address;
    }
}
