// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.admin.PciAdmin.CandidateRow;

/** What stands between a function and a driver. */
@CommandLine.Command(name = "why", description = "Explain why a driver may bind a function, or may not.",
        footer = {"%nExample:", "  vfio why 0000:01:00.2 mlx5_vfio_pci"})
final class Explain extends FunctionCommand {
    @CommandLine.Mixin
    private FunctionName function;

    @CommandLine.Parameters(index = "1", paramLabel = "DRIVER",
            description = "Name of a driver, a module or VFIO operations.")
    private String driver;

    Explain(PciAdmin pci) {
        super(pci);
    }

    @Override
    public Kind kind() {
        return Kind.PROMPT;
    }

    @Override
    public ExitCode run(Session session) {
        CandidateRow row = pci.why(function.name, driver);
        if (output.json) {
            Json.rows(session, "candidates", List.of(row));
            return ExitCode.OK;
        }
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("because", row.text());
        facts.put("bindable", row.eligible() ? "yes, vfio bind " + function.name + " --driver " + row.driver() : "no");
        facts.put("reason", row.reason());
        facts.put("entry", row.entry());
        facts.put("module", row.module());
        facts.put("bundle", row.bundle());
        facts.put("kind", row.vfio() ? "VFIO driver" : "uses the function itself");
        Output.facts(session, row.driver() + " for " + function.name, facts);
        return ExitCode.OK;
    }
}
