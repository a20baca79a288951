// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.VfioException;

/** The bus side of a function's interrupts. The bus follows the enable and mask bits of configuration space. */
@ConsumerType
public interface InterruptLines {

    /** The kind of a function's interrupts, by which they reach the host. */
    enum Kind { INTX, MSI, MSIX }

    /** Returns how many vectors of a kind can be had now; 1 or 0 for INTx. */
    int available(Kind kind);

    /** Tells whether vectors can be added to MSI-X while others are in use. */
    boolean dynamicMsix();

    /**
     * Allocates vectors 0 to {@code vectors - 1} and delivers them to {@code sink} from now on. The call enables MSI or MSI-X
     * in configuration space; INTx is delivered at once where the line is asserted.
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

    /** Gives all vectors back; no interrupt from now on reaches the sink. Does not wait for a call of the sink under way. */
    void disconnect();

    /** Tells whether INTx is asserted now, masked or not. */
    boolean asserted();

    /** Tells whether another function raises on the same INTx line: then a function that cannot be masked gets none. */
    default boolean shared() {
        return false;
    }

    /** The receiver of a function's interrupts, on any thread: it neither blocks nor throws. */
    @ConsumerType
    interface Sink {
        /** Says that a vector of MSI or MSI-X was raised. */
        void raised(int vector);

        /**
         * Says that INTx is asserted newly, or unmasked while asserted. INTx is a level: no call comes when the level falls.
         */
        void asserted();
    }
}
