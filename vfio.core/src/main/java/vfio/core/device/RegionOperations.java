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
 * The operations of one region, which a bus or a driver implements; users have a {@link Region}, which is the core's. The
 * core cuts the users' reads and writes into aligned pieces and keeps the pieces within the size. The core calls the
 * operations on the users' threads, several at once; an exception reaches the user as text, with EIO where it has no errno.
 *
 * <p>A driver that changes a little of a region wraps the core's operations and overrides those that differ
 * ({@link ForwardingRegion}).
 */
@ConsumerType
public interface RegionOperations {

    /** Returns the size in bytes, the same as long as the device is open; 0 for a region that does not exist. */
    long size();

    /**
     * Returns {@link RegionInfo#READ}, {@link RegionInfo#WRITE} or both; the core adds CAPS, and MMAP where there is
     * {@link #memory}.
     */
    default int flags() {
        return RegionInfo.READ | RegionInfo.WRITE;
    }

    /** Returns the capabilities of the region's info. With {@link SparseMmap} only its parts of the region can be mapped. */
    default List<InfoCapability> capabilities() {
        return List.of();
    }

    /** Returns the width of the widest piece in bytes: 1, 2, 4 or 8. */
    default int widest() {
        return Long.BYTES;
    }

    /**
     * Tells whether an access that leaves the region fails as a whole with EFAULT, as in PCI configuration space. In other
     * regions such an access is cut at the end, and an access of which nothing is inside fails with EINVAL.
     */
    default boolean whole() {
        return false;
    }

    /**
     * Returns the parts that answer; none where the whole region answers. An access that begins outside of the parts fails
     * with EINVAL, and an access that leaves its part is cut at the part's end.
     */
    default List<RegionPart> windows() {
        return List.of();
    }

    /**
     * Reads one piece.
     *
     * @param position a multiple of {@code width}, within the size
     * @param width 1, 2, 4 or 8 bytes
     * @return the value, little-endian; bits above the width are ignored
     * @throws VfioException the refusal that the user gets
     */
    long read(long position, int width);

    /**
     * Writes one piece.
     *
     * @param value little-endian; bits above the width are 0
     * @throws VfioException the refusal that the user gets
     */
    void write(long position, int width, long value);

    /**
     * Returns the memory that users may map, the bus's or the core's own ({@link SharedMemory#ofProcess}) and never the
     * driver's; null where the region has no memory.
     */
    default SharedMemory memory() {
        return null;
    }

    /** Lets go of the region, whose device is being closed; the last call. */
    default void release() {
    }
}
