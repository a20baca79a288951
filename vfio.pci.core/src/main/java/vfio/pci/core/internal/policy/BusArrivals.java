// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.policy;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import vfio.core.EventLog;
import vfio.core.Thrown;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.Functions;

/** The buses that are here. The functions that a bus announces join the core's functions, and leave with the bus. */
public final class BusArrivals {
    private final Functions functions;
    private final EventLog events;
    private final Arrivals arrivals;
    private final Map<String, PciBus> buses = new ConcurrentHashMap<>();
    private final Map<PciBus, AutoCloseable> announcements = new HashMap<>();

    /** The receiver of functions that come and go. */
    public interface Arrivals {
        /** Prepares a function that is about to join the core's functions. */
        void prepare(FunctionSlot slot);

        /** Takes up a function that has joined the core's functions. */
        void added(FunctionSlot slot);

        /** Takes note that the host's driver of a function is another one now, or none. */
        void rebound(FunctionSlot slot);

        /** Detaches functions on the disorderly road, since they are gone; they have left the core's functions already. */
        void removed(List<FunctionSlot> slots);

        /** Forgets a bus that is gone, after its functions were removed. */
        void forget(PciBus bus);
    }

    public BusArrivals(Functions functions, EventLog events, Arrivals arrivals) {
        this.functions = functions;
        this.events = events;
        this.arrivals = arrivals;
    }

    public Collection<PciBus> all() {
        return buses.values();
    }

    public void add(PciBus bus) {
        if (buses.putIfAbsent(bus.name(), bus) != null) {
            events.record("bus-refused", bus.name(), "another bus of that name is here");
            return;
        }
        events.record("bus-added", bus.name(), bus.virtualization().toString());
        AutoCloseable announcement = () -> { };
        try {
            announcement = bus.announce(listener(bus));
        } catch (Throwable e) { // a bus may be broken, and throw anything: the other buses go on
            events.record("bus-failed", bus.name(), "announcing its functions: " + Thrown.text(e));
        }
        synchronized (announcements) {
            announcements.put(bus, announcement);
        }
    }

    private PciBus.Listener listener(PciBus bus) {
        return new PciBus.Listener() {
            @Override
            public void added(PciFunction function) {
                functionAdded(bus, function);
            }

            @Override
            public void removed(PciAddress address) {
                functionRemoved(bus, address);
            }

            @Override
            public void rebound(PciAddress address) {
                FunctionSlot slot = functions.at(bus, address);
                if (slot != null) {
                    arrivals.rebound(slot);
                }
            }
        };
    }

    public void remove(PciBus bus) {
        AutoCloseable announcement;
        synchronized (announcements) {
            announcement = announcements.remove(bus);
        }
        if (announcement == null) {
            return;
        }
        try {
            announcement.close();
        } catch (Throwable e) { // the functions go all the same
            events.record("bus-failed", bus.name(), "ending its announcements: " + Thrown.text(e));
        }
        functions.forget(bus);
        List<FunctionSlot> gone = new ArrayList<>(functions.on(bus));
        Collections.reverse(gone);
        functionsRemoved(gone);
        arrivals.forget(bus);
        buses.remove(bus.name(), bus);
        events.record("bus-removed", bus.name(), gone.size() + " functions");
    }

    private void functionAdded(PciBus bus, PciFunction function) {
        Virtualization kind = function.side().virtualization();
        if (kind != bus.virtualization()) {
            events.record("bus-failed", bus.name(), function.address() + " is a " + kind + " function and is refused: the "
                    + "bus says that its functions are " + bus.virtualization());
            return;
        }
        functionRemoved(bus, function.address()); // else an earlier function of this address would stay bound, out of sight
        FunctionSlot slot = new FunctionSlot(bus, function);
        arrivals.prepare(slot);
        functions.add(slot);
        arrivals.added(slot);
    }

    private void functionRemoved(PciBus bus, PciAddress address) {
        FunctionSlot slot = functions.at(bus, address);
        functionsRemoved(slot == null ? List.of() : List.of(slot));
    }

    private void functionsRemoved(List<FunctionSlot> slots) {
        for (FunctionSlot slot : slots) {
            slot.markRemoved();
            functions.remove(slot);
        }
        arrivals.removed(slots);
        slots.forEach(slot -> events.record("function-removed", slot.name(), ""));
    }
}
