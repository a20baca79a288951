// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.Command;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.admin.PciAdmin.Outcome;

/** Binds one function, or all that have a matching driver. */
@CommandLine.Command(name = "bind", description = "Bind a function to the best VFIO driver, or to a named one.",
        footer = {"%nExample:", "  vfio bind 0000:01:00.1 --driver mlx5_vfio_pci --dry-run"})
final class Bind implements Command {
    private final PciAdmin pci;

    @CommandLine.Mixin
    private Output output;

    @CommandLine.ArgGroup(multiplicity = "1")
    private Subject subject;

    @CommandLine.Option(names = "--driver", paramLabel = "DRIVER", description = "This driver instead of the best.")
    private String driver;

    @CommandLine.Option(names = "--dry-run", description = "Only say what would be done.")
    private boolean dryRun;

    /** One or all. */
    private static final class Subject {
        @CommandLine.Parameters(paramLabel = "NAME", description = "BDF, or bus/BDF where two buses have it.")
        private String name;

        @CommandLine.Option(names = "--all", description = "Probe every unbound function that has a matching driver.")
        private boolean all;
    }

    Bind(PciAdmin pci) {
        this.pci = pci;
    }

    @Override
    public String group() {
        return Groups.FUNCTIONS;
    }

    @Override
    public ExitCode run(Session session) {
        if (subject.all && (driver != null || dryRun)) {
            throw new UsageException("--all binds each function to its own match: it takes neither --driver nor --dry-run");
        }
        List<Outcome> outcomes = subject.all ? pci.probeAll() : List.of(pci.bind(subject.name, driver, dryRun));
        Outcomes.print(session, output, outcomes, "no unbound function has a matching driver");
        return outcomes.stream().allMatch(outcome -> outcome.driver() != null) ? ExitCode.OK : ExitCode.REFUSED;
    }
}
