// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.alias;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import vfio.pci.core.PciIds;
import vfio.pci.core.id.PciDeviceId;

/**
 * The names and ids by which matching knows a driver: three names, never derived from each other, and the entries.
 *
 * @param driver the name that {@code driver_override} is compared with
 * @param module the name that alias lines carry
 * @param ops name of the VFIO operations
 * @param vfio whether functions become VFIO devices
 * @param ranking service.ranking; higher wins among entries equally specific
 * @param dynamic ids added at run time, searched before the table
 * @param table in the driver's order
 */
public record DriverIds(String driver, String module, String ops, boolean vfio, int ranking, List<PciDeviceId> dynamic,
        List<PciDeviceId> table) {

    public DriverIds {
        dynamic = List.copyOf(dynamic);
        table = List.copyOf(table);
    }

    /** Returns a VFIO driver whose names are all the same. */
    public static DriverIds of(String driver, PciDeviceId... table) {
        return new DriverIds(driver, driver, driver, true, 0, List.of(), List.of(table));
    }

    public DriverIds withDynamic(List<PciDeviceId> ids) {
        return new DriverIds(driver, module, ops, vfio, ranking, ids, table);
    }

    /**
     * Reads the properties that {@link PciIds} has made: service properties with the prefix {@code vfio.pci.}, or the
     * attributes of the bundle capability with none.
     *
     * @throws IllegalArgumentException where the name is missing or an entry cannot be read
     */
    public static DriverIds from(Map<String, ?> properties, String prefix, int ranking) {
        String driver = text(properties, prefix + "driver", "");
        if (driver.isBlank()) {
            throw new IllegalArgumentException("a driver without a name: property " + prefix + "driver is missing; put "
                    + "@PciIds(driver = …) on the class");
        }
        List<PciDeviceId> table = new ArrayList<>();
        texts(properties, prefix + "ids").forEach(entry -> table.add(PciDeviceId.parse(entry, 0)));
        texts(properties, prefix + "overrideOnly")
                .forEach(entry -> table.add(PciDeviceId.parse(entry, PciDeviceId.VFIO_OVERRIDE)));
        return new DriverIds(driver, text(properties, prefix + "module", driver), text(properties, prefix + "ops", driver),
                Boolean.parseBoolean(text(properties, prefix + "vfio", "true")), ranking, List.of(), table);
    }

    private static String text(Map<String, ?> properties, String name, String otherwise) {
        Object value = properties.get(name);
        String text = value == null ? "" : text(name, value);
        return text.isEmpty() ? otherwise : text;
    }

    /**
     * Returns the text of a String, a Boolean or an Integer. No other object is asked for its text, since that would call
     * code of the bundle that made it.
     */
    private static String text(String name, Object value) {
        if (value instanceof String || value instanceof Boolean || value instanceof Integer) {
            return value.toString();
        }
        throw new IllegalArgumentException("property " + name + " has "
                + (value == null ? "null" : "a " + value.getClass().getName()) + " where a text is expected");
    }

    /** Returns the texts of a property: DS gives one entry as a String or an array, a capability gives a List. */
    private static List<String> texts(Map<String, ?> properties, String name) {
        Object value = properties.get(name);
        List<?> all = value == null ? List.of() : value instanceof Object[] array ? Arrays.asList(array)
                : value instanceof List<?> list ? list : List.of(value);
        return all.stream().map(each -> text(name, each)).toList();
    }

    /** Returns the lines that this driver adds to modules.alias; entries without a pattern have none. */
    public List<AliasLine> aliasLines() {
        return table.stream().filter(id -> AliasLine.pattern(id).isPresent()).map(id -> new AliasLine(id, module)).toList();
    }
}
