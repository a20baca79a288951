// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import vfio.hardware.emulated.capability.Capability;
import vfio.hardware.emulated.capability.ExtendedCapability;
import vfio.hardware.emulated.capability.StandardCapability.AtomicOp;
import vfio.hardware.emulated.capability.StandardCapability;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.bus.PciFunction.Bar;

/**
 * The reader of a list of capabilities, each a word or a word with settings: {@code [pm, {msi: {vectors: 8}}, pcie, aer]}.
 */
final class CapabilityReader {
    private static final int MOST = 64;
    private static final Set<String> REPEATABLE = Set.of("vendor", "raw", "vsec", "dvsec", "raw-extended");
    private static final Map<String, PortType> PORTS = Map.of("endpoint", PortType.ENDPOINT, "root-port", PortType.ROOT_PORT,
            "upstream", PortType.UPSTREAM, "downstream", PortType.DOWNSTREAM, "pci-bridge", PortType.PCI_BRIDGE,
            "integrated", PortType.INTEGRATED_ENDPOINT);
    private static final Map<String, AtomicOp> ATOMICS = Map.of("32", AtomicOp.OPERANDS_32, "64", AtomicOp.OPERANDS_64,
            "128", AtomicOp.OPERANDS_128, "route", AtomicOp.ROUTING);
    private static final String NAMES = "one of " + CapabilitySettings.known() + ", pcie, vpd, dsn, aer, "
            + CapabilityWords.known();

    /** The taker of the capabilities that are read. */
    interface Sink {
        void capability(Capability capability);

        void productName(String name);
    }

    private final String file;
    private final CapabilitySettings settings;
    private final Sink sink;
    private PortType port;

    /** @param port the type that {@code pcie} alone means */
    CapabilityReader(String file, List<Bar> bars, PortType port, Sink sink) {
        this.file = file;
        settings = new CapabilitySettings(bars);
        this.port = port;
        this.sink = sink;
    }

    /** Reads {@code capabilities} of a function or of VFs. */
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
        if (CapabilitySettings.takes(name)) {
            Fields settings = value == null ? owner : new Fields(file, value, "settings of " + name);
            Fields checked = CapabilitySettings.checked(name, settings, value != null);
            sink.capability(this.settings.read(name, checked));
            return;
        }
        switch (name) {
            case "vpd" -> sink.productName(owner.text(needed(owner, name, item, value), "a product name"));
            case "dsn" -> sink.capability(
                    ExtendedCapability.serialNumber(owner.hex(needed(owner, name, item, value), 16)));
            case "pcie" -> sink.capability(express(owner, value));
            case "aer" -> {
                alone(owner, name, value);
                sink.capability(ExtendedCapability.errorReporting(port == PortType.ROOT_PORT));
            }
            default -> {
                alone(owner, name, value);
                Capability capability = CapabilityWords.of(name);
                if (capability == null) {
                    throw owner.error(item, TopologyException.quote(name), NAMES);
                }
                sink.capability(capability);
            }
        }
    }

    private static void alone(Fields owner, String name, Node value) throws TopologyException {
        if (value != null) {
            throw owner.error(value, "settings of " + TopologyException.quote(name),
                    "a capability with settings or a word alone; " + NAMES);
        }
    }

    private static Node needed(Fields owner, String name, Node item, Node value) throws TopologyException {
        if (value == null) {
            throw owner.error(item, "'" + name + "' without a value", "{" + name + ": …}");
        }
        return value;
    }

    /** Reads {@code pcie}, {@code {pcie: TYPE}} or {@code {pcie: {type: TYPE, version: 2, atomics: 32 64 route}}}. */
    private Capability express(Fields owner, Node value) throws TopologyException {
        int version = 2;
        Set<AtomicOp> atomics = Set.of();
        if (value instanceof MappingNode) {
            Fields f = new Fields(file, value, "{type: …, version: …}").only("type", "version", "atomics");
            version = f.number("version", 1, 2, version);
            port = f.has("type") ? port(f, f.at("type")) : port;
            atomics = f.has("atomics") ? atomics(f, version) : atomics;
        } else if (value != null) {
            port = port(owner, value);
        }
        return StandardCapability.express(port, version, atomics);
    }

    private static Set<AtomicOp> atomics(Fields f, int version) throws TopologyException {
        String expected = "words of 32, 64, 128 and route, and version 2";
        Node node = f.at("atomics");
        String text = f.text(node, expected);
        Set<AtomicOp> atomics = EnumSet.noneOf(AtomicOp.class);
        for (String word : text.split(" +")) {
            AtomicOp op = ATOMICS.get(word);
            if (op == null || version < 2 || !atomics.add(op)) {
                throw f.error(node, TopologyException.quote(text), expected);
            }
        }
        return atomics;
    }

    private static PortType port(Fields owner, Node value) throws TopologyException {
        String expected = "one of " + String.join(", ", PORTS.keySet().stream().sorted().toList());
        String text = owner.text(value, expected).toLowerCase(Locale.ROOT);
        PortType type = PORTS.get(text);
        if (type == null) {
            throw owner.error(value, TopologyException.quote(text), expected);
        }
        return type;
    }
}
