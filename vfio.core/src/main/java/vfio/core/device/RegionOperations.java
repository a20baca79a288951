// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.info.InfoCapability;
import vfio.core.info.RegionInfo;
import vfio.core.info.RegionPart;
import vfio.core.info.SparseMmap;

/**
 * One region as a bus or a driver gives it; users have a {@link Region}, which is the core's. The core cuts what they
 * read and write into aligned pieces and keeps them within the size. Called on the users' threads, several at once; what
 * is thrown reaches the user as text, with EIO where it has no errno.
 *
 * <p>A driver that changes a little of a region takes the core's operations, wraps them and overrides what differs
 * ({@link ForwardingRegion}).
 */
@ConsumerType
public interface RegionOperations {

    /** Bytes; 0 for a region that is not there. The same for as long as the device is open. */
    long size();

    /** {@link RegionInfo#READ} and {@link RegionInfo#WRITE}; the core adds CAPS, and MMAP where there is {@link #memory}. */
    default int flags() {
        return RegionInfo.READ | RegionInfo.WRITE;
    }

    /** What its info says besides. With {@link SparseMmap} only those parts of it can be mapped. */
    default List<InfoCapability> capabilities() {
        return List.of();
    }

    /** The widest piece in bytes: 1, 2, 4 or 8. */
    default int widest() {
        return Long.BYTES;
    }

    /**
     * Whether an access that leaves the region fails as a whole with EFAULT, as in PCI configuration space; else it is cut
     * at the end, and EINVAL where nothing of it is inside.
     */
    default boolean whole() {
        return false;
    }

    /**
     * The parts that answer, where not all of it does: an access that begins elsewhere is EINVAL, and one that leaves its
     * part is cut at the part's end. Empty for all of it.
     */
    default List<RegionPart> windows() {
        return List.of();
    }

    /**
     * Reads one piece.
     *
     * @param position a multiple of {@code width}, within the size
     * @param width 1, 2, 4 or 8 bytes
     * @return little-endian; bits above the width are ignored
     * @throws VfioException what the user gets
     */
    long read(long position, int width);

    /**
     * Writes one piece.
     *
     * @param value little-endian; bits above the width are 0
     * @throws VfioException what the user gets
     */
    void write(long position, int width, long value);

    /**
     * What users may map, the bus's or the core's own ({@link SharedMemory#ofProcess}) and never the driver's; null where
     * there is no memory behind.
     */
    default SharedMemory memory() {
        return null;
    }

    /** The device was closed: the last call. */
    default void release() {
    }
}
