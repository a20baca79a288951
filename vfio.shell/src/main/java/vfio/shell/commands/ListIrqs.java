// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.pci.core.admin.DeviceAdmin;
import vfio.pci.core.admin.DeviceAdmin.IrqRow;

/** The interrupts of a function, a row for each index. */
@CommandLine.Command(name = "irqs", description = "List the interrupts of a function as its users have them.",
        footer = {"%nA function that nobody has open is opened for this, and reset by that where a reset of it works.",
            "%nExample:",
            "  vfio irqs 0000:01:00.2"})
final class ListIrqs extends DeviceCommand {
    @CommandLine.Mixin
    private FunctionName function;

    ListIrqs(DeviceAdmin devices) {
        super(devices);
    }

    @Override
    public ExitCode run(Session session) {
        Table<IrqRow> table = Table.<IrqRow>of("no interrupts")
                .right("index", IrqRow::index).left("interrupt", IrqRow::what).right("count", IrqRow::count)
                .left("flags", row -> row.flags().isEmpty() ? null : row.flags());
        return output.rows(session, "irqs", devices.irqs(function.name), table);
    }
}
