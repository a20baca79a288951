// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.pci.core.admin.DeviceAdmin;
import vfio.pci.core.admin.DeviceAdmin.DependentRow;

/** Resets all functions of a bus, or says which those would be. */
@CommandLine.Command(name = "hot-reset", description = "Reset the bus of a function, with every function on it.",
        footer = {"%nRefused while somebody has one of them open, but with --force.", "%nExample:",
            "  vfio hot-reset 0000:01:00.2 --info"})
final class HotResetFunctions extends DeviceCommand {
    @CommandLine.Mixin
    private FunctionName function;

    @CommandLine.Option(names = "--info", description = "Only list what would be reset, and whose it is.")
    private boolean info;

    @CommandLine.Option(names = "--force", description = "Although somebody has one of them open.")
    private boolean force;

    HotResetFunctions(DeviceAdmin devices) {
        super(devices);
    }

    @Override
    public ExitCode run(Session session) {
        if (!info) {
            devices.hotReset(function.name, force);
        }
        Table<DependentRow> table = Table.<DependentRow>of("nothing would be reset")
                .left("function", DependentRow::address).left("group", DependentRow::group)
                .left("driver", DependentRow::driver)
                .flexible("users", row -> row.users().isEmpty() ? null : String.join(", ", row.users()));
        return output.rows(session, "functions", devices.hotResetInfo(function.name), table);
    }
}
