// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import java.util.List;
import java.util.Map;
import vfio.hardware.emulated.capability.Capability;
import vfio.hardware.emulated.capability.ControlCapability;
import vfio.hardware.emulated.capability.ExtendedCapability;
import vfio.hardware.emulated.capability.LinkCapability.Channels;
import vfio.hardware.emulated.capability.LinkCapability;
import vfio.hardware.emulated.capability.StandardCapability;
import vfio.pci.core.bus.PciFunction.Bar;

/** The capabilities that are written with settings; those that need none may be a word alone. */
final class CapabilitySettings {
    /** The settings of each; those that begin with a question mark may be left out. */
    private static final Map<String, List<String>> KNOWN = Map.ofEntries(
            Map.entry("pm", List.of("?d1", "?d2")),
            Map.entry("msi", List.of("?vectors", "?wide", "?maskable")),
            Map.entry("msix", List.of("vectors", "?bar", "?table", "?pending")),
            Map.entry("vendor", List.of("bytes")),
            Map.entry("subsystem", List.of("vendor", "device")),
            Map.entry("raw", List.of("id", "bytes")),
            Map.entry("vsec", List.of("?id", "?revision", "bytes")),
            Map.entry("dvsec", List.of("vendor", "?revision", "?id", "bytes")),
            Map.entry("acs", List.of("?egress")),
            Map.entry("vc", List.of("?channels", "?phases")),
            Map.entry("mfvc", List.of("?channels", "?phases")),
            Map.entry("vc9", List.of("?channels", "?phases")),
            Map.entry("rebar", List.of("?bars")),
            Map.entry("dpa", List.of("?substates")),
            Map.entry("tph", List.of("?tags")),
            Map.entry("raw-extended", List.of("id", "?version", "bytes")));
    private static final int LEAST_RESIZABLE = 1 << 20;

    private final List<Bar> bars;

    CapabilitySettings(List<Bar> bars) {
        this.bars = bars;
    }

    /** Tells whether a capability is written with settings. */
    static boolean takes(String name) {
        return KNOWN.containsKey(name);
    }

    /** Returns the names, for errors. */
    static String known() {
        return String.join(", ", KNOWN.keySet().stream().sorted().toList());
    }

    private static boolean wordSuffices(String name) {
        return KNOWN.get(name).stream().allMatch(key -> key.startsWith("?"));
    }

    /** Checks that nothing else is set, or that the word alone is enough. */
    static Fields checked(String name, Fields f, boolean given) throws TopologyException {
        String[] keys = KNOWN.get(name).stream().map(key -> key.replace("?", "")).toArray(String[]::new);
        if (given) {
            return f.only(keys);
        }
        if (!wordSuffices(name)) {
            throw f.error(f.at("capabilities"), "'" + name + "' without settings",
                    "{" + name + ": {" + String.join(": …, ", keys) + ": …}}");
        }
        return Fields.NONE;
    }

    /**
     * Reads the capability of a name.
     *
     * @param f checked settings, or {@link Fields#NONE}
     */
    Capability read(String name, Fields f) throws TopologyException {
        return switch (name) {
            case "pm" -> StandardCapability.powerManagement(f.flag("d1", false), f.flag("d2", false));
            case "msi" -> StandardCapability.msi(f.number("vectors", 1, 32, 1), f.flag("wide", true),
                    f.flag("maskable", false));
            case "msix" -> msix(f);
            case "vendor" -> StandardCapability.vendor(f.bytes("bytes", 189));
            case "subsystem" -> StandardCapability.subsystem((int) f.hex(f.require("vendor", "4 hex digits"), 4),
                    (int) f.hex(f.require("device", "4 hex digits"), 4));
            case "raw" -> Capability.raw((int) f.hex(f.require("id", "2 hex digits"), 2), f.bytes("bytes", 190));
            default -> extended(name, f);
        };
    }

    private Capability extended(String name, Fields f) throws TopologyException {
        return switch (name) {
            case "vsec" -> ExtendedCapability.vendor(f.hex("id", 4, 0), f.number("revision", 0, 15, 0),
                    f.bytes("bytes", 3832));
            case "dvsec" -> ControlCapability.designatedVendor((int) f.hex(f.require("vendor", "4 hex digits"), 4),
                    f.number("revision", 0, 15, 0), f.hex("id", 4, 0), f.bytes("bytes", 3830));
            case "acs" -> f.has("egress") ? LinkCapability.egressControl(f.number("egress", 1, 256, 1))
                    : ExtendedCapability.accessControl();
            case "vc" -> channels(Channels.SINGLE, f);
            case "mfvc" -> channels(Channels.MULTI_FUNCTION, f);
            case "vc9" -> channels(Channels.BESIDE_MULTI_FUNCTION, f);
            case "rebar" -> rebar(f);
            case "dpa" -> ControlCapability.dynamicPower(f.number("substates", 1, 32, 1));
            case "tph" -> ControlCapability.processingHints(f.number("tags", 0, 2048, 0));
            default -> Capability.rawExtended((int) f.hex(f.require("id", "4 hex digits"), 4),
                    f.number("version", 0, 15, 1), f.bytes("bytes", 3836));
        };
    }

    private static Capability channels(Channels of, Fields f) throws TopologyException {
        return LinkCapability.virtualChannels(of, f.number("channels", 1, 8, 1), f.number("phases", 0, 128, 0));
    }

    private Capability rebar(Fields f) throws TopologyException {
        List<Bar> resizable = bars.stream().filter(bar -> !bar.io() && bar.size() >= LEAST_RESIZABLE).toList();
        int count = f.number("bars", 1, 6, resizable.size());
        return ControlCapability.resizableBars(resizable.subList(0, Math.min(count, resizable.size())));
    }

    private Capability msix(Fields s) throws TopologyException {
        int first = bars.stream().filter(bar -> !bar.io()).mapToInt(Bar::index).min().orElse(0);
        int vectors = s.number(s.require("vectors", "1 to 2048"), 1, 2048);
        int index = s.number("bar", 0, 5, first);
        int table = s.number("table", 0, Integer.MAX_VALUE - 0x10000, 0);
        int pending = s.number("pending", 0, Integer.MAX_VALUE - 0x10000, table + 16 * vectors);
        long end = Math.max(table + 16L * vectors, pending + (vectors + 63) / 64 * 8L);
        if (bars.stream().noneMatch(bar -> bar.index() == index && !bar.io() && bar.size() >= end)) {
            throw s.error(s.node(), "MSI-X up to byte %#x of BAR %d".formatted(end, index), "a memory BAR that holds it");
        }
        return StandardCapability.msix(vectors, index, table, pending);
    }
}
