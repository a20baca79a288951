// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.pci.core.admin.DeviceAdmin;
import vfio.pci.core.admin.DeviceAdmin.RegionRow;

/** The regions of a function, a row each. */
@CommandLine.Command(name = "regions", description = "List the regions of a function as its users have them.",
        footer = {"%nA function that nobody has open is opened for this, and reset by that where a reset of it works.",
            "%nExample:",
            "  vfio regions 0000:01:00.2"})
final class ListRegions extends DeviceCommand {
    @CommandLine.Mixin
    private FunctionName function;

    ListRegions(DeviceAdmin devices) {
        super(devices);
    }

    @Override
    public ExitCode run(Session session) {
        Table<RegionRow> table = Table.<RegionRow>of("no regions")
                .right("index", RegionRow::index).left("region", RegionRow::what).right("size", row -> Sizes.text(row.size()))
                .left("flags", row -> row.flags().isEmpty() ? null : row.flags())
                .optional("capabilities", row -> row.capabilities().isEmpty() ? null
                        : String.join(", ", row.capabilityNames()));
        return output.rows(session, "regions", devices.regions(function.name), table);
    }
}
