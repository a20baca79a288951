// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.oracle.config;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import vfio.pci.core.internal.config.PermissionRow;

/** How often each row of the permission tables was read and written, by all devices. */
final class Coverage {
    private final Map<String, Row> rows = new TreeMap<>();

    private static final class Row {
        private PermissionRow.Rule rule;
        private int devices;
        private int reads;
        private int writes;
    }

    /** A device that has these rows. */
    void add(List<PermissionRow> of) {
        of.stream().map(PermissionRow::name).distinct()
                .forEach(name -> rows.computeIfAbsent(name, n -> new Row()).devices++);
        of.forEach(row -> rows.get(row.name()).rule = row.rule());
    }

    void count(List<PermissionRow> of, ConfigAccess access) {
        for (PermissionRow row : of) {
            if (access.position() < row.position() + row.width() && access.position() + access.width() > row.position()) {
                Row counted = rows.get(row.name());
                counted.reads += access.write() ? 0 : 1;
                counted.writes += access.write() ? 1 : 0;
            }
        }
    }

    void print() {
        System.out.println("  row of the tables: rule, devices that have it, reads, writes");
        rows.forEach((name, row) -> System.out.printf("  %-12s %-9s %2d %7d %7d%n", name, row.rule, row.devices, row.reads,
                row.writes));
        System.out.printf("  %d rows, %d not read, %d not written%n", rows.size(),
                rows.values().stream().filter(row -> row.reads == 0).count(),
                rows.values().stream().filter(row -> row.writes == 0).count());
    }
}
