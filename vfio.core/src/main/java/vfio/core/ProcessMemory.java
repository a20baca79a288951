// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Memory of this process alone, without a descriptor. The collector frees the memory once nothing refers to it. */
record ProcessMemory(long size, ByteBuffer... windows) implements SharedMemory {

    /**
     * Allocates memory.
     *
     * @param size in bytes
     * @throws VfioException EINVAL for a size below 1, or of more windows than an array can have; ENOMEM where the process
     *     cannot get the memory
     */
    static ProcessMemory allocate(long size) {
        long count = (size - 1) / WINDOW + 1;
        if (size < 1 || count > Integer.MAX_VALUE) {
            throw new VfioException(Errno.EINVAL, "allocate " + size + " bytes: that is no size of memory");
        }
        try {
            ByteBuffer[] windows = new ByteBuffer[(int) count];
            for (int i = 0; i < count; i++) {
                windows[i] = ByteBuffer.allocateDirect((int) Math.min(WINDOW, size - WINDOW * i))
                        .order(ByteOrder.LITTLE_ENDIAN);
            }
            return new ProcessMemory(size, windows);
        } catch (OutOfMemoryError e) {
            throw new VfioException(Errno.ENOMEM, "allocate " + size + " bytes off the heap: " + e.getMessage()
                    + "; raise -XX:MaxDirectMemorySize", e);
        }
    }

    @Override
    public ByteBuffer window(int index) {
        return windows[index];
    }

    @Override
    public void close() {
        // the collector frees the memory once no mapping refers to it
    }
}
