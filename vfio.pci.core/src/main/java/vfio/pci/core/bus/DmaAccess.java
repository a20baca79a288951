// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.VfioException;

/** The memory that a function reaches as a bus master: the memory that the core has mapped for it. Any thread may call. */
@ConsumerType
public interface DmaAccess {

    /**
     * Reads memory for the function: fills the rest of {@code target}.
     *
     * @param iova address as the function's driver gave it
     * @throws VfioException EFAULT where not all of it is mapped for reading
     */
    void read(long iova, ByteBuffer target);

    /**
     * Writes the rest of {@code source} to memory for the function.
     *
     * @throws VfioException EFAULT where not all of it is mapped for writing
     */
    void write(long iova, ByteBuffer source);
}
