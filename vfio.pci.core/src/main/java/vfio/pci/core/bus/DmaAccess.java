// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.VfioException;

/** Memory as a function reaches it as a bus master: through what the core has mapped for it. Any thread may call. */
@ConsumerType
public interface DmaAccess {

    /**
     * Reads memory for the function: fills what {@code target} has room for.
     *
     * @param iova address as the function's driver gave it
     * @throws VfioException EFAULT where not all of it is mapped for reading
     */
    void read(long iova, ByteBuffer target);

    /**
     * Writes to memory, for the function, what {@code source} has left.
     *
     * @throws VfioException EFAULT where not all of it is mapped for writing
     */
    void write(long iova, ByteBuffer source);
}
