// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.VfioException;

/** The bus side of a function's interrupts. The bus looks at what configuration space enables and masks. */
@ConsumerType
public interface InterruptLines {

    /** How interrupts reach the host. */
    enum Kind { INTX, MSI, MSIX }

    /** Returns how many vectors of a kind can be had now; 1 or 0 for INTx. */
    int available(Kind kind);

    /** Tells whether vectors can be added to MSI-X while others are in use. */
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

    /** Tells whether INTx is asserted now, masked or not. */
    boolean asserted();

    /** Tells whether another function raises on the same INTx line: then a function that cannot be masked gets none. */
    default boolean shared() {
        return false;
    }

    /** Where interrupts arrive, on any thread: it neither blocks nor throws. */
    @ConsumerType
    interface Sink {
        /** Says that a vector of MSI or MSI-X was raised. */
        void raised(int vector);

        /** Says that INTx has become asserted, or unmasked while it was. INTx is a level: no call comes when it falls. */
        void asserted();
    }
}
