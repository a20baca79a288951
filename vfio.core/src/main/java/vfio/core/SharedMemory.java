// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Zero-filled memory off the heap, which several mappings can share; several processes can share memory with a descriptor.
 * A page takes room from its first use on, so a large region costs only the pages that were touched.
 */
@ProviderType
public interface SharedMemory extends AutoCloseable {

    /** The number of bits of a position within a window. */
    int WINDOW_SHIFT = 30;
    /** The largest size of a window in bytes, which a {@link ByteBuffer} can address. */
    long WINDOW = 1L << WINDOW_SHIFT;
    /** The smallest page that can be mapped, in bytes. */
    long PAGE = 4096;

    /** Returns the size in bytes, more than 0. */
    long size();

    /**
     * Returns the memory from {@code index * WINDOW} on, little-endian, at most {@link #WINDOW} bytes. Each call may return
     * the same buffer object: only the core uses the buffer, by absolute position.
     */
    ByteBuffer window(int index);

    /** Gives the memory up; the memory stays readable until the last mapping of it is unreachable. */
    @Override
    void close();

    /**
     * Returns new memory of this process, all zeros, for a region of a driver's own that no bus has memory for. No other
     * process can share the memory.
     *
     * @param size in bytes, more than 0
     * @throws VfioException EINVAL for a size below 1; ENOMEM where the process cannot get the memory
     */
    static SharedMemory ofProcess(long size) {
        return ProcessMemory.allocate(size);
    }

    /** A service that allocates memory; the service of highest ranking is used. */
    @ProviderType
    interface Source {
        /**
         * Allocates memory, all zeros.
         *
         * @param name shown in /proc/self/maps where the source can
         * @param size in bytes, more than 0
         * @throws VfioException ENOMEM where the source cannot get the memory
         */
        SharedMemory allocate(String name, long size);
    }
}
