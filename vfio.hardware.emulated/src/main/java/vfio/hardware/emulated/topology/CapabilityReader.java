// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import vfio.hardware.emulated.Capability;
import vfio.hardware.emulated.ExtendedCapabilities;
import vfio.hardware.emulated.StandardCapabilities;
import vfio.hardware.emulated.StandardCapabilities.PortType;
import vfio.pci.core.PciFunction.Bar;

/** Reads a list of capabilities, each a word or a word with settings: {@code [pm, {msi: {vectors: 8}}, pcie, aer]}. */
final class CapabilityReader {
    private static final int MOST = 64;
    private static final Set<String> REPEATABLE = Set.of("vendor", "raw", "vsec", "raw-extended");
    private static final Map<String, PortType> PORTS = Map.of("endpoint", PortType.ENDPOINT, "root-port", PortType.ROOT_PORT,
            "upstream", PortType.UPSTREAM, "downstream", PortType.DOWNSTREAM, "pci-bridge", PortType.PCI_BRIDGE,
            "integrated", PortType.INTEGRATED_ENDPOINT);
    private static final String NAMES = "one of pm, msi, msix, pcie, vpd, vendor, af, raw, aer, vc, dsn, power-budget, "
            + "vsec, acs, ari, ats, pri, ltr, pasid, raw-extended";

    /** Where capabilities go. */
    interface Sink {
        void capability(Capability capability);

        void productName(String name);
    }

    private final String file;
    private final List<Bar> bars;
    private final Sink sink;
    private PortType port;

    /** @param port the type that {@code pcie} alone means */
    CapabilityReader(String file, List<Bar> bars, PortType port, Sink sink) {
        this.file = file;
        this.bars = bars;
        this.port = port;
        this.sink = sink;
    }

    void read(Fields owner) throws TopologyException {
        Set<String> seen = new HashSet<>();
        for (Node item : owner.list("capabilities", MOST, "a list of capabilities, such as [pm, pcie]")) {
            String name = owner.text(nameNode(item), NAMES);
            if (!seen.add(name) && !REPEATABLE.contains(name)) {
                throw owner.error(item, "the capability " + TopologyException.quote(name) + " a second time", "it once");
            }
            try {
                one(owner, name, item);
            } catch (IllegalArgumentException e) {
                throw owner.error(item, e.getMessage(), "a capability that fits");
            }
        }
    }

    private static Node nameNode(Node item) {
        return item instanceof MappingNode m && m.getValue().size() == 1 ? m.getValue().get(0).getKeyNode() : item;
    }

    private void one(Fields owner, String name, Node item) throws TopologyException {
        Node value = item instanceof MappingNode m ? m.getValue().get(0).getValueNode() : null;
        switch (name) {
            case "vpd" -> sink.productName(owner.text(needed(owner, name, item, value), "a product name"));
            case "dsn" -> sink.capability(
                    ExtendedCapabilities.serialNumber(owner.hex(needed(owner, name, item, value), 16)));
            case "pcie" -> sink.capability(StandardCapabilities.express(value == null ? port : port(owner, value)));
            case "msi", "msix", "vendor", "raw", "vsec", "raw-extended" -> sink.capability(withSettings(name,
                    value == null ? owner : new Fields(file, value, "settings of " + name), value != null));
            default -> {
                if (value != null) {
                    throw owner.error(value, "settings of " + TopologyException.quote(name),
                            "a capability with settings or a word alone; " + NAMES);
                }
                sink.capability(plain(owner, name, item));
            }
        }
    }

    private static Node needed(Fields owner, String name, Node item, Node value) throws TopologyException {
        if (value == null) {
            throw owner.error(item, "'" + name + "' without a value", "{" + name + ": …}");
        }
        return value;
    }

    private PortType port(Fields owner, Node value) throws TopologyException {
        String expected = "one of " + String.join(", ", PORTS.keySet().stream().sorted().toList());
        String text = owner.text(value, expected).toLowerCase(Locale.ROOT);
        port = PORTS.get(text);
        if (port == null) {
            throw owner.error(value, TopologyException.quote(text), expected);
        }
        return port;
    }

    private Capability plain(Fields owner, String name, Node item) throws TopologyException {
        return switch (name) {
            case "pm" -> StandardCapabilities.powerManagement();
            case "af" -> StandardCapabilities.advancedFeatures();
            case "aer" -> ExtendedCapabilities.errorReporting(port == PortType.ROOT_PORT);
            case "vc" -> ExtendedCapabilities.virtualChannel();
            case "power-budget" -> ExtendedCapabilities.powerBudgeting();
            case "acs" -> ExtendedCapabilities.accessControl();
            case "ari" -> ExtendedCapabilities.alternativeRouting();
            case "ats" -> ExtendedCapabilities.addressTranslation();
            case "pri" -> ExtendedCapabilities.pageRequest();
            case "ltr" -> ExtendedCapabilities.latencyTolerance();
            case "pasid" -> ExtendedCapabilities.processAddressSpace();
            default -> throw owner.error(item, TopologyException.quote(name), NAMES);
        };
    }

    /** Without settings only their defaults may be asked for: {@code given} is false and {@code f} is not looked at. */
    private Capability withSettings(String name, Fields f, boolean given) throws TopologyException {
        return switch (name) {
            case "msi" -> given ? msi(f.only("vectors", "wide", "maskable")) : StandardCapabilities.msi(1, true, false);
            case "msix" -> msix(f, given);
            case "vendor" -> StandardCapabilities.vendor(settings(name, f, given, "bytes").bytes("bytes", 189));
            case "raw" -> {
                Fields raw = settings(name, f, given, "id", "bytes");
                yield Capability.raw((int) raw.hex(raw.require("id", "2 hex digits"), 2), raw.bytes("bytes", 190));
            }
            case "vsec" -> {
                Fields vsec = settings(name, f, given, "id", "revision", "bytes");
                yield ExtendedCapabilities.vendor(vsec.hex("id", 4, 0), vsec.number("revision", 0, 15, 0),
                        vsec.bytes("bytes", 3832));
            }
            default -> {
                Fields raw = settings(name, f, given, "id", "version", "bytes");
                yield Capability.rawExtended((int) raw.hex(raw.require("id", "4 hex digits"), 4),
                        raw.number("version", 0, 15, 1), raw.bytes("bytes", 3836));
            }
        };
    }

    private static Fields settings(String name, Fields f, boolean given, String... known) throws TopologyException {
        if (!given) {
            throw f.error(f.at("capabilities"), "'" + name + "' without settings",
                    "{" + name + ": {" + String.join(": …, ", known) + ": …}}");
        }
        return f.only(known);
    }

    private static Capability msi(Fields f) throws TopologyException {
        return StandardCapabilities.msi(f.number("vectors", 1, 32, 1), f.flag("wide", true), f.flag("maskable", false));
    }

    private Capability msix(Fields f, boolean given) throws TopologyException {
        int first = bars.stream().filter(bar -> !bar.io()).mapToInt(Bar::index).min().orElse(0);
        Fields s = settings("msix", f, given, "vectors", "bar", "table", "pending");
        int vectors = s.number(s.require("vectors", "1 to 2048"), 1, 2048);
        int index = s.number("bar", 0, 5, first);
        int table = s.number("table", 0, Integer.MAX_VALUE - 0x10000, 0);
        int pending = s.number("pending", 0, Integer.MAX_VALUE - 0x10000, table + 16 * vectors);
        long end = Math.max(table + 16L * vectors, pending + (vectors + 63) / 64 * 8L);
        if (bars.stream().noneMatch(bar -> bar.index() == index && !bar.io() && bar.size() >= end)) {
            throw s.error(s.node(), "MSI-X up to byte %#x of BAR %d".formatted(end, index), "a memory BAR that holds it");
        }
        return StandardCapabilities.msix(vectors, index, table, pending);
    }
}
