// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import vfio.pci.core.admin.PciAdmin.FunctionRow;
import vfio.pci.core.admin.PciNames;
import vfio.pci.core.id.DeviceKey;

/** What people call functions: their addresses, and the words of pci.ids where it is here. Serves one command. */
final class FunctionNames {
    private final PciNames names;
    private final Map<Id, String> known = new HashMap<>();

    private record Id(String vendor, String device, String classCode) {
    }

    /** @param names null where there are none */
    FunctionNames(PciNames names) {
        this.names = names;
    }

    /** The address alone where all rows are of one bus. */
    static String name(FunctionRow row, boolean severalBuses) {
        return severalBuses ? row.bus() + "/" + row.address() : row.address();
    }

    static boolean severalBuses(List<FunctionRow> rows) {
        return rows.stream().map(FunctionRow::bus).distinct().count() > 1;
    }

    /** Kind, vendor and device, as far as they are known; the class's number where nothing is. */
    String of(FunctionRow row) {
        return of(hex(row.vendor()), hex(row.device()), hex(row.classCode()));
    }

    private String of(int vendor, int device, int classCode) {
        String number = "class %06x".formatted(classCode);
        if (names == null) {
            return number;
        }
        String kind = names.classOf(classCode);
        String name = Stream.of(names.vendor(vendor), names.device(vendor, device))
                .filter(text -> !text.isEmpty()).collect(Collectors.joining(" "));
        return Stream.of(kind.isEmpty() ? number : kind, name).filter(text -> !text.isEmpty())
                .collect(Collectors.joining(": "));
    }

    /** A device key as its ids and what people call them; any other text is what it is. */
    String readable(String text) {
        try {
            DeviceKey key = text.startsWith("pci:") ? DeviceKey.parse(text) : null;
            return key == null ? text : "%04x:%04x ".formatted(key.vendor(), key.device())
                    + of(key.vendor(), key.device(), key.classCode());
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    /** The first words that fit a column: the device's name, else what kind it is. */
    String shortly(FunctionRow row) {
        return known.computeIfAbsent(new Id(row.vendor(), row.device(), row.classCode()), id -> shortest(row));
    }

    private String shortest(FunctionRow row) {
        String device = names == null ? "" : names.device(hex(row.vendor()), hex(row.device()));
        return device.isEmpty() ? of(row) : device;
    }

    /** The board's name, or null. */
    String subsystem(FunctionRow row) {
        if (names == null || row.subvendor() == null || row.subdevice() == null) {
            return null;
        }
        String name = names.subsystem(hex(row.vendor()), hex(row.device()), hex(row.subvendor()), hex(row.subdevice()));
        return name.isEmpty() ? null : name;
    }

    private static int hex(String digits) {
        return digits == null ? 0 : Integer.parseInt(digits, 16);
    }
}
