// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.snakeyaml.engine.v2.nodes.Node;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.capability.Capability;
import vfio.hardware.emulated.config.PortType;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

/** The reader of one item of {@code functions}, by itself; {@link Layout} knows its neighbours. */
final class FunctionReader {
    /** Group numbers stay small enough to be counted on. */
    private static final int MOST_GROUPS = 1 << 20;
    private static final String ADDRESS = "[domain:]bus:device.function in hex, such as 0000:01:00.1";

    private final String file;
    private final Fields fields;

    FunctionReader(String file, Node node) throws TopologyException {
        this.file = file;
        fields = new Fields(file, node, "a function: {address: …, vendor: …, device: …, class: …}")
                .only("address", "behind", "vendor", "device", "subvendor", "subdevice", "class", "revision", "pin", "bars",
                        "capabilities", "bridge", "sriov", "group", "numa", "repeat", "model", "rom", "vga", "interrupts",
                        "reset");
    }

    Fields fields() {
        return fields;
    }

    /** Returns the address as written, which behind a bridge may be {@code device.function} alone. */
    String addressText() throws TopologyException {
        return fields.text(fields.require("address", ADDRESS), ADDRESS);
    }

    PciAddress address(String text) throws TopologyException {
        return address("address", text);
    }

    private PciAddress address(String key, String text) throws TopologyException {
        try {
            return PciAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw fields.error(fields.at(key), TopologyException.quote(text), ADDRESS);
        }
    }

    /** Returns the address of the bridge named by {@code behind}, or null. */
    PciAddress behind() throws TopologyException {
        return fields.has("behind") ? address("behind", fields.text(fields.at("behind"), ADDRESS)) : null;
    }

    boolean isBridge() {
        return fields.has("bridge");
    }

    int secondary() throws TopologyException {
        Fields bridge = bridge();
        return (int) bridge.hex(bridge.require("secondary", "a bus in hex"), 2);
    }

    /** Returns the subordinate bus of a bridge, or {@code otherwise} where it names none. */
    int subordinate(int otherwise) throws TopologyException {
        return bridge().hex("subordinate", 2, otherwise);
    }

    private Fields bridge() throws TopologyException {
        return new Fields(file, fields.at("bridge"), "{secondary: BUS}").only("secondary", "subordinate");
    }

    OptionalInt group() throws TopologyException {
        return optional("group", MOST_GROUPS - 1);
    }

    OptionalInt numa() throws TopologyException {
        return optional("numa", 1023);
    }

    private OptionalInt optional(String key, int most) throws TopologyException {
        return fields.has(key) ? OptionalInt.of(fields.number(key, 0, most, 0)) : OptionalInt.empty();
    }

    int repeat() throws TopologyException {
        return fields.number("repeat", 1, TopologyLimits.MOST_FUNCTIONS, 1);
    }

    int enabledVfs(int total) throws TopologyException {
        return fields.has("sriov") ? sriovFields().number("enabled", 0, total, 0) : 0;
    }

    /**
     * Returns the description of the function.
     *
     * @param bridge its place in the layout, null for other functions
     */
    FunctionDescription model(Layout.Bridge bridge) throws TopologyException {
        DeviceKey key = key();
        int revision = fields.hex("revision", 2, 0);
        FunctionDescription.Builder builder = FunctionDescription.builder(key).revision(revision)
                .interruptPin(fields.number("pin", 0, 4, 0));
        new BehaviourReader(file, fields).physical(builder, key, revision);
        if (bridge != null) {
            builder.bridge(bridge.secondary, bridge.subordinate);
        }
        List<Bar> bars = BarReader.read(file, fields);
        bars.forEach(builder::bar);
        PortType port = bridge == null ? PortType.ENDPOINT : PortType.ROOT_PORT;
        new CapabilityReader(file, bars, port, sink(builder)).read(fields);
        if (fields.has("sriov")) {
            sriov(builder);
        }
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw fields.error(fields.node(), e.getMessage(), "a function whose parts fit");
        }
    }

    private DeviceKey key() throws TopologyException {
        int vendor = (int) fields.hex(fields.require("vendor", "4 hex digits"), 4);
        if (vendor == 0xffff) {
            throw fields.error(fields.at("vendor"), "ffff", "a vendor, which is what ffff says there is none of");
        }
        return new DeviceKey(vendor, (int) fields.hex(fields.require("device", "4 hex digits"), 4),
                fields.hex("subvendor", 4, 0), fields.hex("subdevice", 4, 0),
                (int) fields.hex(fields.require("class", "6 hex digits"), 6));
    }

    private Fields sriovFields() throws TopologyException {
        return new Fields(file, fields.at("sriov"), "{total: …, device: …}")
                .only("total", "enabled", "device", "offset", "stride", "bars", "capabilities", "model", "interrupts",
                        "reset");
    }

    private void sriov(FunctionDescription.Builder builder) throws TopologyException {
        Fields f = sriovFields();
        List<Bar> bars = BarReader.read(file, f);
        List<Capability> capabilities = new java.util.ArrayList<>();
        new CapabilityReader(file, bars, PortType.ENDPOINT, new VfSink(f, capabilities)).read(f);
        int total = f.number(f.require("total", "1 to 65535"), 1, 0xffff);
        int device = (int) f.hex(f.require("device", "4 hex digits"), 4);
        int offset = f.number("offset", 1, 0xffff, 1);
        int stride = f.number("stride", 1, 0xffff, 1);
        try {
            Consumer<FunctionDescription.Builder> behaviour = new BehaviourReader(file, f).virtual();
            builder.sriov(total, device, offset, stride, vf -> {
                bars.forEach(vf::bar);
                capabilities.forEach(each -> append(vf, each));
                behaviour.accept(vf);
            });
        } catch (IllegalArgumentException e) {
            throw f.error(f.node(), e.getMessage(), "VFs whose parts fit");
        }
    }

    private static void append(FunctionDescription.Builder builder, Capability capability) {
        if (capability.extended()) {
            builder.extendedCapability(capability.id(), capability.version(), capability.registers());
        } else {
            builder.capability(capability.id(), capability.registers());
        }
    }

    private static CapabilityReader.Sink sink(FunctionDescription.Builder builder) {
        return new CapabilityReader.Sink() {
            @Override
            public void capability(Capability capability) {
                append(builder, capability);
            }

            @Override
            public void productName(String name) {
                builder.productName(name);
            }
        };
    }

    private record VfSink(Fields fields, List<Capability> capabilities) implements CapabilityReader.Sink {
        @Override
        public void capability(Capability capability) {
            capabilities.add(capability);
        }

        @Override
        public void productName(String name) {
            throw new IllegalArgumentException("VPD of a VF");
        }
    }
}
