// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.admin.PciAdmin.FunctionRow;

/** The operator's word on which driver a function takes. */
@CommandLine.Command(name = "override", description = "Show, write or clear the driver override of a function.",
        footer = {"%nExample:", "  vfio override 0000:01:00.2 mlx5_vfio_pci"})
final class WriteOverride extends FunctionCommand {
    private static final Table<FunctionRow> TABLE = Table.<FunctionRow>of("").left("function", FunctionRow::address)
            .left("override", FunctionRow::override).left("owner", FunctionRow::overrideOwner)
            .left("driver", FunctionRow::driver);

    @CommandLine.Mixin
    private FunctionName function;

    @CommandLine.Parameters(index = "1", paramLabel = "DRIVER", arity = "0..1",
            description = "Name of a driver; it need not be here yet.")
    private String driver;

    @CommandLine.Option(names = "--clear", description = "Remove the override.")
    private boolean clear;

    WriteOverride(PciAdmin pci) {
        super(pci);
    }

    @Override
    public Kind kind() {
        return clear || driver != null ? Kind.ACT : Kind.PROMPT;
    }

    @Override
    public ExitCode run(Session session) {
        if (clear && driver != null) {
            throw new UsageException("--clear takes no driver");
        }
        if (clear || driver != null) {
            return Outcomes.print(session, output, List.of(pci.override(function.name, clear ? "" : driver)), "");
        }
        return output.rows(session, "functions", List.of(pci.function(function.name).row()), TABLE);
    }
}
