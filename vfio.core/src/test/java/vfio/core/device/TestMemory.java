// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.nio.ByteBuffer;
import vfio.core.SharedMemory;

/** Memory made of the buffers given. */
public final class TestMemory implements SharedMemory {
    private final long size;
    private final ByteBuffer[] windows;

    /** Real memory of {@code size} bytes. */
    public TestMemory(int size) {
        this(size, ByteBuffer.allocateDirect(size));
    }

    /** The windows as they are given. */
    public TestMemory(long size, ByteBuffer... windows) {
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
