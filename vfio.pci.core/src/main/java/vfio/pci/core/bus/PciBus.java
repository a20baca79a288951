// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import org.osgi.annotation.versioning.ConsumerType;
import vfio.pci.core.id.PciAddress;

/** A source of functions, registered as a service: the embedded bus, this host's, another process's. */
@ConsumerType
public interface PciBus {

    /** Returns a word that distinguishes this bus from the others: {@code emulated}, {@code linux}. */
    String name();

    /**
     * Returns who virtualizes the functions of this bus, also while it has none. The core refuses a function whose
     * {@linkplain PciFunction#side side} is of the other kind.
     */
    Virtualization virtualization();

    /**
     * Starts announcing: the functions present now, before this returns, in address order, then each change. One
     * listener at a time; calls to it never overlap.
     *
     * @return the closeable that ends the announcements; no call to the listener is made or under way after its {@code close}
     */
    AutoCloseable announce(Listener listener);

    /** Who runs config virtualization, interrupt state, reset and power for a bus's functions. */
    enum Virtualization {
        /** The PCI core does: the bus gives raw hardware. */
        RAW,
        /** The other side already does, and the core forwards: Linux VFIO, a vfio-user server. */
        HOST
    }

    /** A listener of the functions that {@link #announce} announces. */
    interface Listener {
        /** Says that a function is present. */
        void added(PciFunction function);

        /** Says that a function is gone: unplugged, or its VF disabled. */
        void removed(PciAddress address);

        /** Says, on a bus with a host below it, that a driver of the host has taken the function or let go of it. */
        default void rebound(PciAddress address) {
        }
    }

    /**
     * Tells whether drivers of this project can be bound to the bus's functions. The functions of a bus that answers false
     * are only listed and explained; a bind answers EOPNOTSUPP.
     */
    default boolean bindable() {
        return true;
    }

    /** Returns the reason why {@link #bindable} is false, and the remedy: a clause that ends a sentence. */
    default String whyNotBindable() {
        return "the functions of bus " + name() + " are listed and explained, not bound";
    }
}
