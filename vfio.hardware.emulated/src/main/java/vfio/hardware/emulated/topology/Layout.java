// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import vfio.pci.core.id.PciAddress;

/** The buses behind the bridges of a file, from which the functions of the file get their places. */
final class Layout {

    /** A bridge of the file; {@code subordinate} grows with what is placed behind. */
    static final class Bridge {
        final FunctionReader reader;
        final PciAddress address;
        final int secondary;
        final int asked;
        int subordinate;

        Bridge(FunctionReader reader) throws TopologyException {
            this.reader = reader;
            address = reader.address(reader.addressText());
            secondary = reader.secondary();
            asked = reader.subordinate(0);
            subordinate = Math.max(secondary, asked);
            if (secondary <= address.bus()) {
                throw error("a bridge on bus %02x that leads to bus %02x".formatted(address.bus(), secondary),
                        "a bus above its own: others make a loop");
            }
            if (reader.repeat() > 1) {
                throw error("repeat of a bridge", "each bridge by itself: it has buses of its own");
            }
        }

        TopologyException error(String found, String expected) {
            return reader.fields().error(reader.fields().at("bridge"), found, expected);
        }
    }

    private final Map<PciAddress, Bridge> byAddress = new HashMap<>();
    /** By domain, then by secondary bus. */
    private final Map<Integer, TreeMap<Integer, Bridge>> bySecondary = new HashMap<>();

    Layout(List<FunctionReader> functions) throws TopologyException {
        for (FunctionReader function : functions) {
            if (function.isBridge()) {
                Bridge bridge = new Bridge(function);
                byAddress.put(bridge.address, bridge);
                Bridge other = bySecondary.computeIfAbsent(bridge.address.domain(), d -> new TreeMap<>())
                        .put(bridge.secondary, bridge);
                if (other != null) {
                    throw bridge.error("bus %02x behind %s and %s".formatted(bridge.secondary, other.address,
                            bridge.address), "one bridge to each bus");
                }
            }
        }
    }

    /** Returns the address of the first function a reader stands for. */
    PciAddress place(FunctionReader function) throws TopologyException {
        String text = function.addressText();
        PciAddress behind = function.behind();
        if (behind == null) {
            return function.address(text);
        }
        Bridge bridge = byAddress.get(behind);
        if (bridge == null) {
            throw function.fields().error(function.fields().at("behind"), behind + ", which is no bridge of this file",
                    "the full address of a function with 'bridge'");
        }
        PciAddress place = function.address(text.contains(":") ? text
                : "%x:%x:%s".formatted(behind.domain(), bridge.secondary, text));
        if (!sameBus(place, new PciAddress(behind.domain(), bridge.secondary, 0, 0))) {
            throw function.fields().error(function.fields().at("address"), place + " behind " + behind,
                    "a place on its bus %02x, such as 00.0".formatted(bridge.secondary));
        }
        return place;
    }

    static boolean sameBus(PciAddress a, PciAddress b) {
        return a.domain() == b.domain() && a.bus() == b.bus();
    }

    /** Something at {@code place}, a VF perhaps, can take buses up to {@code highest}: the bridges above pass them on. */
    void occupy(PciAddress place, int highest) {
        TreeMap<Integer, Bridge> domain = bySecondary.getOrDefault(place.domain(), new TreeMap<>());
        for (Bridge b = domain.get(place.bus()); b != null; b = domain.get(b.address.bus())) {
            b.subordinate = b.asked != 0 ? b.subordinate : Math.max(b.subordinate, highest);
        }
    }

    /** Bridges take in those behind them, and no two share a bus unless one is behind the other. */
    void settle() throws TopologyException {
        for (TreeMap<Integer, Bridge> domain : bySecondary.values()) {
            for (Bridge bridge : domain.descendingMap().values()) {
                occupy(bridge.address, bridge.subordinate);
            }
            for (Bridge bridge : domain.values()) {
                check(bridge, domain);
            }
        }
    }

    private static void check(Bridge bridge, TreeMap<Integer, Bridge> domain) throws TopologyException {
        if (bridge.asked != 0 && bridge.asked < bridge.secondary) {
            throw bridge.error("subordinate %02x".formatted(bridge.asked), "at least the secondary bus %02x"
                    .formatted(bridge.secondary));
        }
        Bridge parent = domain.get(bridge.address.bus());
        if (parent != null && bridge.subordinate > parent.subordinate) {
            throw bridge.error("buses up to %02x behind %s, which passes on %02x to %02x".formatted(bridge.subordinate,
                    parent.address, parent.secondary, parent.subordinate), "buses among those");
        }
        for (Bridge inner : domain.subMap(bridge.secondary, false, bridge.subordinate, true).values()) {
            boolean above = inner.address.bus() >= bridge.secondary && inner.address.bus() <= bridge.subordinate;
            if (!above || inner.subordinate > bridge.subordinate) {
                throw inner.error("buses %02x to %02x, which meet those of %s, %02x to %02x".formatted(inner.secondary,
                        inner.subordinate, bridge.address, bridge.secondary, bridge.subordinate),
                        "buses apart from them, or a bridge behind it with buses among them");
            }
        }
    }

    Bridge bridge(PciAddress place) {
        return byAddress.get(place);
    }
}
