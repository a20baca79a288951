// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.nio.ByteBuffer;

/** Memory made of the buffers given. */
final class TestMemory implements SharedMemory {
    private final long size;
    private final ByteBuffer[] windows;

    /** Real memory of {@code size} bytes. */
    TestMemory(int size) {
        this(size, ByteBuffer.allocateDirect(size));
    }

    /** The windows as they are given. */
    TestMemory(long size, ByteBuffer... windows) {
        this.size = size;
        this.windows = windows;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public ByteBuffer window(int index) {
        return windows[index];
    }

    @Override
    public void close() {
    }
}
