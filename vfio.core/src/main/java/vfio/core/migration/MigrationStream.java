// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;

/**
 * A user's end of a stream of device state: what the kernel gives as {@code data_fd}. It is dead for ever once the device has
 * left the states it belongs to; a user who keeps it keeps nothing of the driver.
 */
@ProviderType
public interface MigrationStream {

    /** Tells whether the stream is read; else it is written. */
    boolean saving();

    /**
     * Reads the next bytes, 1 MiB at most.
     *
     * @return how many, 0 at the end
     * @throws VfioException ENODEV where the stream is dead; EBADF on one that is written; EFAULT where {@code target} is
     *     read-only; ENOMSG at what is the end for now, in PRE_COPY and PRE_COPY_P2P; EAGAIN where more will come shortly;
     *     EIO where the driver answers a count that cannot be
     */
    int read(ByteBuffer target);

    /**
     * Writes bytes.
     *
     * @return how many were taken
     * @throws VfioException ENODEV where the stream is dead; EBADF on one that is read; EIO where the driver answers a count
     *     that cannot be; else what the driver found wrong in the bytes
     */
    int write(ByteBuffer source);

    /**
     * Returns what is left to read while the device runs (VFIO_MIG_GET_PRECOPY_INFO).
     *
     * @throws VfioException EINVAL in other states than PRE_COPY and PRE_COPY_P2P; ENODEV and EBADF as {@link #read}
     */
    PrecopyInfo precopyInfo();
}
