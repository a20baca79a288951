// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Zero-filled off-heap memory that several mappings, and where it is backed by a descriptor several processes, can
 * share. Pages appear at first use, so a large region costs what is touched.
 */
@ProviderType
public interface SharedMemory extends AutoCloseable {

    /** Windows are at most this large, so that a {@link ByteBuffer} can address them. */
    long WINDOW = 1L << 30;
    /** The smallest page that can be mapped, in bytes. */
    long PAGE = 4096;

    /** Size in bytes, more than 0. */
    long size();

    /**
     * The memory from {@code index * WINDOW} on, little-endian, at most {@link #WINDOW} bytes. The same buffer object
     * may be returned each time: only the core reads it, by absolute position.
     */
    ByteBuffer window(int index);

    /** Gives the memory up; it stays readable until the last mapping of it is unreachable. */
    @Override
    void close();

    /**
     * Memory of this process, all zeros: for a region of a driver's own that no bus has memory for. No other process can
     * share it.
     *
     * @param size in bytes, more than 0
     * @throws VfioException EINVAL below 1; ENOMEM where it cannot be had
     */
    static SharedMemory ofProcess(long size) {
        return ProcessMemory.allocate(size);
    }

    /** Where new memory comes from; the service of highest ranking is used. */
    @ProviderType
    interface Source {
        /**
         * @param name shown in /proc/self/maps where the source can
         * @param size in bytes, more than 0
         * @throws VfioException ENOMEM where it cannot be had
         */
        SharedMemory allocate(String name, long size);
    }
}
