// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_BRIDGE;
import static vfio.pci.core.id.PciRegisters.PRIMARY_BUS;
import static vfio.pci.core.id.PciRegisters.SECONDARY_BUS;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.VfioException.Kind;
import vfio.pci.core.bus.PciBus;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.internal.sriov.VfToken;
import vfio.pci.core.internal.vga.VgaArbiter;

/** The index of the functions of all buses, by name and by place. */
public final class Functions {
    private static final Comparator<FunctionSlot> ORDER =
            Comparator.comparing((FunctionSlot slot) -> slot.bus().name()).thenComparing(slot -> slot.function().address());

    private final Map<String, FunctionSlot> byName = new ConcurrentHashMap<>();
    private final Map<Place, Set<FunctionSlot>> byPlace = new ConcurrentHashMap<>();
    private final Map<PciBus, VgaArbiter> arbiters = new ConcurrentHashMap<>();

    /** The place of a function: a bus number of a bus. The functions of one place are reset together. */
    private record Place(PciBus bus, int domain, int number) {
        static Place of(FunctionSlot slot) {
            PciAddress address = slot.function().address();
            return new Place(slot.bus(), address.domain(), address.bus());
        }
    }

    public void add(FunctionSlot slot) {
        byName.put(slot.name(), slot);
        byPlace.computeIfAbsent(Place.of(slot), place -> ConcurrentHashMap.newKeySet()).add(slot);
    }

    /**
     * Returns every function that shares a bus number with this one, and those behind bridges among them, in address order.
     */
    public List<FunctionSlot> below(FunctionSlot slot) {
        List<FunctionSlot> all = new ArrayList<>();
        Place place = Place.of(slot);
        for (FunctionSlot neighbour : byPlace.getOrDefault(place, Set.of())) {
            all.add(neighbour);
            if (neighbour.function().headerType() == HEADER_TYPE_BRIDGE) {
                int buses = neighbour.function().config().read(PRIMARY_BUS, 4); // primary, secondary, subordinate
                for (int number = buses >>> 8 & 0xff; number > place.number && number <= (buses >>> 16 & 0xff); number++) {
                    all.addAll(byPlace.getOrDefault(new Place(place.bus, place.domain, number), Set.of()));
                }
            }
        }
        all.sort(ORDER);
        return all;
    }

    /** Tells whether the predicate holds for another function of the same bus and domain. */
    public boolean anyBeside(FunctionSlot slot, Predicate<FunctionSlot> such) {
        Place place = Place.of(slot);
        return byPlace.entrySet().stream().filter(e -> e.getKey().bus == place.bus && e.getKey().domain == place.domain)
                .flatMap(e -> e.getValue().stream()).filter(other -> other != slot).anyMatch(such);
    }

    /** Returns the function (for a VF its PF) and the bridges above, nearest first. */
    public List<PciFunction> path(FunctionSlot slot) {
        FunctionSlot physical = slot.function().physicalFunction().map(pf -> at(slot.bus(), pf)).orElse(slot);
        List<PciFunction> path = new ArrayList<>(List.of(physical.function()));
        int number = physical.function().address().bus();
        for (int above = number - 1; above >= 0; above--) {
            Place place = new Place(slot.bus(), physical.function().address().domain(), above);
            for (FunctionSlot other : byPlace.getOrDefault(place, Set.of())) {
                if (other.function().headerType() == HEADER_TYPE_BRIDGE && secondary(other) == number) {
                    path.add(other.function());
                    number = above;
                }
            }
        }
        return path;
    }

    private static int secondary(FunctionSlot bridge) {
        return bridge.function().config().read(SECONDARY_BUS, 1);
    }

    /** Returns the functions at the same bus number that the IOMMU does not tell apart from this one, this one among them. */
    public List<FunctionSlot> inGroupOf(FunctionSlot slot) {
        OptionalInt group = slot.function().iommuGroup();
        if (group.isEmpty()) {
            return List.of(slot);
        }
        return byPlace.getOrDefault(Place.of(slot), Set.of()).stream()
                .filter(other -> other.function().iommuGroup().equals(group)).toList();
    }

    /** Returns the token that users of a VF share with those of its PF; empty where no VFIO driver is bound to the PF. */
    public Optional<VfToken> physicalToken(FunctionSlot virtual) {
        return virtual.function().physicalFunction().map(pf -> at(virtual.bus(), pf)).map(FunctionSlot::bound)
                .map(FunctionSlot.Bound::token);
    }

    /** Returns the arbiter of the legacy VGA ranges of a bus. */
    public VgaArbiter vga(PciBus bus) {
        return arbiters.computeIfAbsent(bus, any -> new VgaArbiter());
    }

    /** Returns the slot at an address of a bus, or null. */
    public FunctionSlot at(PciBus bus, PciAddress address) {
        return byName.get(bus.name() + "/" + address);
    }

    /** Tells whether the kernel would probe the function by itself: a VF only where its PF's drivers_autoprobe is on. */
    public boolean probed(FunctionSlot slot) {
        return slot.function().physicalFunction().map(pf -> at(slot.bus(), pf))
                .map(pf -> pf.function().driversAutoprobe()).orElse(true);
    }

    public void remove(FunctionSlot slot) {
        byName.remove(slot.name(), slot);
        byPlace.computeIfPresent(Place.of(slot), (place, slots) -> {
            slots.remove(slot);
            return slots.isEmpty() ? null : slots;
        });
    }

    /** Forgets a bus that is gone, after its functions were removed. */
    public void forget(PciBus bus) {
        arbiters.remove(bus);
    }

    int size() {
        return byName.size();
    }

    /** Returns all functions without an order, which costs no sorting. */
    public Iterable<FunctionSlot> unordered() {
        return byName.values();
    }

    /** Returns all functions, sorted by bus, then address. */
    public List<FunctionSlot> all() {
        return byName.values().stream().sorted(ORDER).toList();
    }

    public List<FunctionSlot> on(PciBus bus) {
        return byName.values().stream().filter(slot -> slot.bus() == bus).sorted(ORDER).toList();
    }

    /**
     * Returns the function that an operator names: {@code [bus/]address}.
     *
     * @throws VfioException EINVAL where the text is no such name or fits two buses, ENODEV where no function is there
     */
    public FunctionSlot named(String text) {
        String name = canonical(text);
        FunctionSlot whole = byName.get(name);
        List<FunctionSlot> found = whole != null ? List.of(whole)
                : byName.values().stream().filter(slot -> slot.address().equals(name)).toList();
        if (found.size() == 1) {
            return found.get(0);
        }
        if (found.isEmpty()) {
            throw new VfioException(Kind.UNKNOWN_NAME, Errno.ENODEV, "find function " + text
                    + ": no bus has it; 'list' shows what is there");
        }
        throw new VfioException(Kind.UNREADABLE, Errno.EINVAL, "find function " + text
                + ": it is on several buses; say one of "
                + String.join(", ", found.stream().map(FunctionSlot::name).sorted().toList()));
    }

    /**
     * Returns a name as slots have it: the address with its domain and all digits.
     *
     * @throws VfioException EINVAL where the text is no {@code [bus/]address}
     */
    public static String canonical(String text) {
        int slash = text.indexOf('/');
        try {
            return text.substring(0, slash + 1) + PciAddress.parse(text.substring(slash + 1));
        } catch (IllegalArgumentException e) {
            throw new VfioException(Kind.UNREADABLE, Errno.EINVAL, "find function " + text + ": " + e.getMessage());
        }
    }
}
