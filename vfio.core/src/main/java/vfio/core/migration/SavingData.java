// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.Errno;
import vfio.core.VfioException;

/** Gives the device's state, in pieces. It lives on from PRE_COPY to STOP_COPY. */
@ConsumerType
public non-sealed interface SavingData extends MigrationData {

    /**
     * Puts the next bytes into {@code target}.
     *
     * @return how many, 1 to {@code target.remaining()}, or 0 where there are no more: in STOP_COPY for good, before that
     *     until the device has changed more
     * @throws VfioException EAGAIN where more will come shortly; else what went wrong
     */
    int read(ByteBuffer target);

    /**
     * What is left to read before the device stops; asked in PRE_COPY and PRE_COPY_P2P only.
     *
     * @throws VfioException what went wrong
     */
    default PrecopyInfo precopyInfo() {
        throw new VfioException(Errno.ENOTTY, "pre-copy info: the driver does not tell it");
    }
}
