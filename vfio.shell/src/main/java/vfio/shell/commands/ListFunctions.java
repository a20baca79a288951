// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.admin.PciAdmin.FunctionRow;

/** The functions, a row each. */
@CommandLine.Command(name = "list", description = "List functions with their drivers.",
        footer = {"%nExample:", "  vfio list --bus emulated"})
final class ListFunctions extends FunctionCommand {
    private final FunctionNames names;

    @CommandLine.Option(names = "--bus", paramLabel = "BUS", description = "This bus alone; a daemon is not needed then.")
    private String bus;

    ListFunctions(PciAdmin pci, FunctionNames names) {
        super(pci);
        this.names = names;
    }

    @Override
    public Kind kind() {
        return Kind.ROWS;
    }

    @Override
    public boolean stateless() {
        return bus != null;
    }

    @Override
    public ExitCode run(Session session) {
        if (!Buses.held(pci, bus, session)) {
            return ExitCode.NOT_HELD;
        }
        List<FunctionRow> rows = pci.functions().stream().filter(row -> bus == null || row.bus().equals(bus)).toList();
        boolean several = FunctionNames.severalBuses(rows);
        Table<FunctionRow> table = Table.<FunctionRow>of("no functions are here")
                .left("function", row -> FunctionNames.name(row, several))
                .left("id", row -> row.vendor() + ":" + row.device())
                .left("driver", FunctionRow::driver).optional("host driver", FunctionRow::hostDriver)
                .flexible("override", FunctionRow::override).flexible("policy", FunctionRow::policy)
                .left("group", FunctionRow::iommuGroup).flexible("name", names::shortly);
        output.rows(session, "functions", rows, table);
        long partial = rows.stream().filter(row -> !row.warnings().isEmpty()).count();
        if (partial > 0 && !output.json) {
            session.err().println("vfio: " + partial + " could not be read whole; vfio show NAME says what is missing");
        }
        return ExitCode.OK;
    }
}
