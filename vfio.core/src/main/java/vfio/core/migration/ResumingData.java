// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.VfioException;

/** Takes a device's state, in pieces of any size. */
@ConsumerType
public non-sealed interface ResumingData extends MigrationData {

    /**
     * Takes bytes from {@code source}.
     *
     * @return how many, 0 to {@code source.remaining()}
     * @throws VfioException ENOMEM where a record is too large, EOPNOTSUPP where one is not known, else what went wrong
     */
    int write(ByteBuffer source);
}
