// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.bus;

import org.osgi.annotation.versioning.ConsumerType;
import vfio.pci.core.id.PciAddress;

/** A source of functions, registered as a service: the embedded bus, this host's, another process's. */
@ConsumerType
public interface PciBus {

    /** A word that tells buses apart: {@code emulated}, {@code linux}. */
    String name();

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
        void added(PciFunction function);

        /** The function is gone: unplugged, or its VF disabled. */
        void removed(PciAddress address);

        /** On a bus with a host below it: the host's driver has taken the function, or let go of it. */
        default void rebound(PciAddress address) {
        }
    }

    /**
     * Whether drivers of ours can be bound to its functions. A bus that answers false is listed and explained only;
     * binding answers EOPNOTSUPP.
     */
    default boolean bindable() {
        return true;
    }

    /** Why {@link #bindable} is false, and what to do about it: a clause that ends a sentence. */
    default String whyNotBindable() {
        return "the functions of bus " + name() + " are listed and explained, not bound";
    }
}
