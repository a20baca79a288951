// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.pci.core.admin.DeviceAdmin;
import vfio.pci.core.admin.DeviceAdmin.ResetRow;

/** The operator's word on how a function is reset. */
@CommandLine.Command(name = "reset-method", description = "Show or say by which methods a function is reset, in order.",
        footer = {"%nMethods: device_specific, acpi, flr, af_flr, pm, bus, cxl_bus; default for all that the function has.",
            "%nExample:", "  vfio reset-method 0000:01:00.2 flr"})
final class ResetMethods extends DeviceCommand {
    private static final Table<ResetRow> TABLE = Table.<ResetRow>of("").left("function", ResetRow::function)
            .flexible("methods", row -> row.methods().isEmpty() ? "none" : String.join(" ", row.methods()));

    @CommandLine.Mixin
    private FunctionName function;

    @CommandLine.Parameters(index = "1..*", paramLabel = "METHOD", arity = "0..*",
            description = "Only these, in this order; or default.")
    private List<String> methods = List.of();

    @CommandLine.Option(names = "--none", description = "Disable reset.")
    private boolean none;

    ResetMethods(DeviceAdmin devices) {
        super(devices);
    }

    @Override
    public ExitCode run(Session session) {
        if (none && !methods.isEmpty()) {
            throw new UsageException("--none takes no method");
        }
        ResetRow row = none || !methods.isEmpty() ? devices.resetMethods(function.name, methods)
                : devices.resetMethods(function.name);
        return output.rows(session, "functions", List.of(row), TABLE);
    }
}
