// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import org.osgi.annotation.versioning.ConsumerType;
import vfio.pci.core.id.PciAddress;

/** A source of functions, registered as a service: the embedded bus, this host's, another process's. */
@ConsumerType
public interface PciBus {

    /** Returns a word that tells buses apart: {@code emulated}, {@code linux}. */
    String name();

    /** Tells who virtualizes the functions of this bus. */
    Virtualization virtualization();

    /**
     * Starts announcing: the functions present now, before this returns, in address order, then each change. One
     * listener at a time; calls to it never overlap.
     *
     * @return ends the announcements; no call to the listener is made or under way after its {@code close}
     */
    AutoCloseable announce(Listener listener);

    /** Who runs config virtualization, interrupt state, reset and power for this bus's functions. */
    enum Virtualization {
        /** The PCI core does: the bus gives raw hardware. */
        RAW,
        /** The other side already does, and the core forwards: Linux VFIO, a vfio-user server. */
        HOST
    }

    /** Told of functions, by {@link #announce}. */
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
     * Tells whether drivers of ours can be bound to its functions. A bus that answers false is listed and explained only;
     * binding answers EOPNOTSUPP.
     */
    default boolean bindable() {
        return true;
    }

    /** Says why {@link #bindable} is false, and what to do about it: a clause that ends a sentence. */
    default String whyNotBindable() {
        return "the functions of bus " + name() + " are listed and explained, not bound";
    }
}
