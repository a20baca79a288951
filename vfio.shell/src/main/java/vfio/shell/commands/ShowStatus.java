// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.pci.core.admin.PciAdmin;

/** What runs here. */
@CommandLine.Command(name = "status", description = "Show buses, counts and whether drivers and buses have settled.",
        footer = {"%nExample:", "  vfio status"})
final class ShowStatus extends OwnCommand {
    private final PciAdmin pci;

    private static final Table<PciAdmin.BusRow> BUSES = Table.<PciAdmin.BusRow>of("no buses are here")
            .left("bus", PciAdmin.BusRow::name).right("functions", PciAdmin.BusRow::functions)
            .left("virtualization", PciAdmin.BusRow::virtualization)
            .left("drivers", bus -> bus.bindable() ? "can be bound" : "cannot be bound: listed only");

    ShowStatus(PciAdmin pci) {
        super(Groups.DAEMON);
        this.pci = pci;
    }

    @Override
    public Kind kind() {
        return Kind.PROMPT;
    }

    @Override
    public ExitCode run(Session session) {
        PciAdmin.Status status = pci.status();
        if (output.json) {
            session.out().print(Json.value("status", status));
            return ExitCode.OK;
        }
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("matching", status.matching() ? "open" : "not open yet: drivers and buses are settling");
        facts.put("rules", status.rules());
        facts.put("functions", status.functions());
        facts.put("bound", status.bound());
        facts.put("to be tried", status.wanted());
        facts.put("policy not met", status.unmet());
        facts.put("drivers", status.drivers());
        Output.facts(session, session.directory().isEmpty() ? "running" : "running in " + session.directory(), facts);
        session.out().println();
        return output.rows(session, "buses", status.buses(), BUSES);
    }
}
