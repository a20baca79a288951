// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.model;

import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.VfioException;
import vfio.pci.core.id.PciAddress;

/**
 * The port by which a device model reaches out of its function: interrupts, memory, errors. Any thread may call; no method
 * allocates, but for errors.
 */
@ProviderType
public interface ModelPort {

    /** Returns the place of the function. */
    PciAddress address();

    /** Tells whether MSI or MSI-X is enabled: then a device sends messages, else it uses its pin. */
    boolean messagesEnabled();

    /** Sends a message, MSI or MSI-X. Nothing happens where neither is enabled; a masked message stays pending. */
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
