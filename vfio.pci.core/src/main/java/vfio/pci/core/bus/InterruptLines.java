// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.VfioException;

/** The bus side of a function's interrupts. The bus looks at what configuration space enables and masks. */
@ConsumerType
public interface InterruptLines {

    /** How interrupts reach the host. */
    enum Kind { INTX, MSI, MSIX }

    /** How many vectors of a kind can be had now; 1 or 0 for INTx. */
    int available(Kind kind);

    /** Whether vectors can be added to MSI-X while others are in use. */
    boolean dynamicMsix();

    /**
     * Allocates vectors 0 to {@code vectors - 1} and delivers them to {@code sink} from now on. It enables MSI or MSI-X in
     * configuration space; while a line is asserted INTx is delivered at once.
     *
     * @throws VfioException ENOSPC where fewer are available, EBUSY where a kind is in use
     */
    void connect(Kind kind, int vectors, Sink sink);

    /**
     * Allocates one vector more, of MSI-X in use.
     *
     * @throws VfioException ENOSPC where none is left, EINVAL where vectors cannot be added
     */
    void add(int vector);

    /** Gives all vectors back; nothing that the device raises from now on reaches the sink. Waits for no call of it. */
    void disconnect();

    /** Whether INTx is asserted now, masked or not. */
    boolean asserted();

    /** Whether another function raises on the same INTx line: then one that cannot be masked by itself gets none. */
    default boolean shared() {
        return false;
    }

    /** Where interrupts arrive, on any thread: it neither blocks nor throws. */
    @ConsumerType
    interface Sink {
        /** MSI or MSI-X. */
        void raised(int vector);

        /** INTx has become asserted, or unmasked in configuration space while it was. It is a level: no call when it falls. */
        void asserted();
    }
}
