// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.lspci;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import vfio.pci.decode.DecodedCapability;
import vfio.pci.decode.DecodedConfig;
import vfio.pci.decode.DecodedField;
import vfio.realworld.lspci.LineRule.Told;
import vfio.realworld.lspci.LspciFunction.LspciCapability;

/** Compares what lspci printed of functions with what our decoder says of their bytes, and counts. */
final class Comparison {
    private static final Pattern FIRST = Pattern.compile(
            "\\S+ (\\p{XDigit}{4}): (\\p{XDigit}{4}):(\\p{XDigit}{4})(?: \\(rev (..)\\))?(?: \\(prog-if (..).*\\))?");
    private static final Pattern REGION = Pattern.compile("\tRegion (\\d): (I/O ports at \\S+|Memory at \\S+ \\(.*?\\)).*");
    private static final Pattern ROM = Pattern.compile("\tExpansion ROM at (\\S+).*");
    private static final Pattern WINDOW =
            Pattern.compile("\t(I/O|Memory|Prefetchable memory) behind bridge: (\\S+)( \\[disabled])?.*");
    private static final Pattern SUBSYSTEM = Pattern.compile("\tSubsystem: (\\p{XDigit}{4}):(\\p{XDigit}{4})");

    private final Map<String, LineRules> rules;
    private final List<String> differences = new ArrayList<>();
    private final Map<String, Integer> uncompared = new TreeMap<>();
    private final Map<String, Integer> kinds = new TreeMap<>();
    private int functions;
    private int capabilities;
    private int fields;
    private String where;

    Comparison() throws IOException {
        rules = LineRules.read();
    }

    List<String> differences() {
        return differences;
    }

    int functions() {
        return functions;
    }

    int capabilities() {
        return capabilities;
    }

    int fields() {
        return fields;
    }

    /** How many of each capability there were, by kind and id. */
    Map<String, Integer> kinds() {
        return kinds;
    }

    /** How many lines nobody compared, by capability. */
    Map<String, Integer> uncompared() {
        return uncompared;
    }

    /** @param kernels whether ids are those that a kernel found, which for a VF are not in its config space */
    void compare(String place, LspciFunction theirs, DecodedConfig ours, boolean kernels) {
        where = place;
        functions++;
        first(theirs.first(), ours, kernels);
        LineRules.Reader reader = rules.get("header").reader();
        theirs.header().forEach(line -> header(line, ours, reader, kernels));
        List<LspciCapability> them = theirs.capabilities();
        for (int i = 0; i < Math.max(them.size(), ours.capabilities().size()); i++) {
            where = place + (i < them.size() ? " [%02x]".formatted(them.get(i).offset()) : "");
            if (i >= them.size() || i >= ours.capabilities().size()) {
                differences.add(where + ": lspci has " + them.size() + " capabilities, we " + ours.capabilities().size());
                return;
            }
            capability(them.get(i), ours.capabilities().get(i));
        }
    }

    private void first(String line, DecodedConfig ours, boolean kernels) {
        Matcher m = FIRST.matcher(line);
        if (!m.matches()) {
            differences.add(where + ": '" + line + "' is not understood");
            return;
        }
        if (!kernels) {
            same("Vendor", m.group(2), ours.field("Id", "Vendor"));
            same("Device", m.group(3), ours.field("Id", "Device"));
        }
        same("Class", m.group(1), ours.field("Class", "Class"));
        same("Revision", m.group(4) == null ? "00" : m.group(4), ours.field("Class", "Revision"));
        same("ProgIf", m.group(5) == null ? "00" : m.group(5), ours.field("Class", "ProgIf"));
    }

    private void same(String what, String theirs, Optional<DecodedField> ours) {
        fields++;
        String text = ours.map(DecodedField::text).orElse("nothing");
        if (!text.equals(theirs)) {
            differences.add(where + ": " + what + " is '" + theirs + "' for lspci and '" + text + "' for us");
        }
    }

    private void header(String line, DecodedConfig ours, LineRules.Reader reader, boolean kernels) {
        Matcher region = REGION.matcher(line);
        Matcher rom = ROM.matcher(line);
        Matcher window = WINDOW.matcher(line);
        Matcher subsystem = SUBSYSTEM.matcher(line);
        if (line.equals("\tBIST is running")) {
            same(line, "+", ours.field("BIST", "Running"));
        } else if (region.matches()) {
            region(line, Integer.parseInt(region.group(1)), region.group(2), ours, kernels);
        } else if (rom.matches()) {
            String text = rom.group(1).replace("<ignored>", "<unassigned>");
            same(line, line.contains("[disabled]") ? text + " [disabled]" : text, ours.field("Expansion ROM", "Base"));
        } else if (window.matches()) {
            same(line, window.group(3) != null ? "[disabled]" : window.group(2),
                    ours.field(window.group(1) + " behind bridge", "Range"));
        } else if (subsystem.matches()) {
            if (ours.field("Subsystem", "Vendor").isPresent() && !kernels) {
                same("Subsystem", subsystem.group(1), ours.field("Subsystem", "Vendor"));
                same("Subsystem", subsystem.group(2), ours.field("Subsystem", "Device"));
            }
        } else if (!line.matches("\t(NUMA node|IOMMU group|!!! |Memory window|I/O window|16-bit legacy).*")) {
            List<Told> told = reader.line(line);
            if (told == null) {
                differences.add(where + ": '" + line + "' is not understood");
            } else {
                told.forEach(t -> same(line + ", " + t.field(), t.text(), ours.field(t.register(), t.field())));
            }
        }
    }

    private void region(String line, int index, String theirs, DecodedConfig ours, boolean kernels) {
        String text = theirs.replace("<ignored>", "<unassigned>").replaceFirst(" at 0000$", " at <unassigned>");
        Optional<DecodedField> field = ours.field("Region " + index, "Base");
        // A kernel has asked for a size where config space has a 0 alone; and lspci takes an upper half for a BAR.
        boolean upper = ours.field("Region " + (index - 1), "Base").filter(f -> f.text().contains("64-bit")).isPresent();
        if (field.isPresent() || !text.contains("<unassigned>") || !kernels && !upper) {
            same(line, text, field);
        }
    }

    private void capability(LspciCapability theirs, DecodedCapability ours) {
        capabilities++;
        String kind = (ours.extended() ? "extended %04x" : "standard %02x").formatted(ours.id());
        kinds.merge(kind + " " + ours.name(), 1, Integer::sum);
        if (theirs.offset() != ours.offset() || theirs.extended() != ours.extended()
                || theirs.extended() && theirs.version() != ours.version()) {
            differences.add(where + ": lspci has v" + theirs.version() + " there, we " + ours);
            return;
        }
        fields += theirs.extended() ? 2 : 1;
        LineRules its = rules.get(kind);
        List<Told> title = its == null ? null : its.title(theirs.title());
        if (its == null ? !named(theirs.title(), ours) : title == null) {
            differences.add(where + ": '" + theirs.title() + "' for lspci, " + ours.name() + " for us");
            return;
        }
        List<Told> told = new ArrayList<>(title == null ? List.of() : title);
        if (its == null || !its.comparesLines()) {
            if (!theirs.lines().isEmpty()) {
                uncompared.merge(kind, theirs.lines().size(), Integer::sum);
            }
        } else {
            LineRules.Reader reader = its.reader();
            theirs.lines().forEach(line -> lines(line, reader.line(line), told, kind));
        }
        Map<String, DecodedField> byName = new HashMap<>();
        ours.fields().forEach(f -> byName.putIfAbsent(f.register() + "." + f.name(), f));
        told.forEach(t -> same(theirs.title() + ", " + t.register() + "." + t.field(), t.text(),
                Optional.ofNullable(byName.get(t.register() + "." + t.field()))));
    }

    private void lines(String line, List<Told> found, List<Told> told, String kind) {
        if (found == null) {
            differences.add(where + ": '" + line + "' of " + kind + " is not understood");
        } else {
            told.addAll(found);
        }
    }

    /** Where lspci has nothing but a name, with or without a sign that it knows no more. */
    private static boolean named(String title, DecodedCapability ours) {
        return title.startsWith(ours.name())
                || ours.extended() && title.equals("Extended Capability ID 0x%x".formatted(ours.id()));
    }
}
