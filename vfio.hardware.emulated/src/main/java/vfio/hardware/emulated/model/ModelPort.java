// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.model;

import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;
import vfio.pci.core.id.PciAddress;

/** What a model can do through its function; any thread may call. Nothing here allocates, but for errors. */
@ProviderType
public interface ModelPort {

    PciAddress address();

    /** Whether MSI or MSI-X is enabled: then a device sends messages, else it uses its pin. */
    boolean messagesEnabled();

    /** Sends a message, MSI or MSI-X; nothing happens where it is not enabled, and one that is masked is kept pending. */
    void raise(int vector);

    /** Asserts the interrupt pin, or lets it go. */
    void assertIntx(boolean asserted);

    /**
     * Fills {@code target} from memory, as a bus master.
     *
     * @param iova as the device's driver gave it
     * @throws VfioException EIO where bus mastering is not enabled or nothing translates; EFAULT where nothing is mapped
     *     there for reading
     */
    void readMemory(long iova, ByteBuffer target);

    /**
     * Writes what {@code source} has left to memory, as a bus master.
     *
     * @throws VfioException as {@link #readMemory}, for writing
     */
    void writeMemory(long iova, ByteBuffer source);

    /** Reports an uncorrectable error by AER. */
    void reportError();

    /** Asks to be woken (PME). */
    void wakeUp();
}
