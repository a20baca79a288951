// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.admin.PciAdmin.HostRequest;
import vfio.pci.core.admin.PciAdmin.Outcome;

/** Binds one function, or all that have a matching driver. */
@CommandLine.Command(name = "bind", description = "Bind a function to the best VFIO driver, or to a named one.",
        footer = {"%nExample:", "  vfio bind 0000:01:00.2 --driver mlx5_vfio_pci --dry-run",
            "  vfio bind linux/0000:03:00.0 --force network --owner qemu"})
final class Bind extends FunctionCommand {
    @CommandLine.ArgGroup(multiplicity = "1")
    private Subject subject;

    @CommandLine.Option(names = "--driver", paramLabel = "DRIVER", description = "This driver instead of the best.")
    private String driver;

    @CommandLine.Option(names = "--host-driver", paramLabel = "DRIVER",
            description = "On a host: its VFIO driver of this name, instead of its best.")
    private String hostDriver;

    @CommandLine.Option(names = "--force", paramLabel = "GUARD",
            description = "On a host: take the function though this guard holds; may be repeated.")
    private List<String> force = List.of();

    @CommandLine.Option(names = "--owner", paramLabel = "USER",
            description = "On a host: give the function's VFIO nodes to this user.")
    private String owner;

    @CommandLine.Option(names = "--dry-run", description = "Only say what would be done.")
    private boolean dryRun;

    /** One or all. */
    private static final class Subject {
        @CommandLine.Parameters(paramLabel = FunctionName.LABEL, description = FunctionName.DESCRIPTION)
        private String name;

        @CommandLine.Option(names = "--all", description = "Probe every unbound function that has a matching driver.")
        private boolean all;
    }

    Bind(PciAdmin pci) {
        super(pci);
    }

    @Override
    public ExitCode run(Session session) {
        HostRequest host = new HostRequest(hostDriver, force, owner);
        if (subject.all && (driver != null || dryRun || !host.equals(HostRequest.BEST))) {
            throw new UsageException("--all binds each function to its own match: it takes no other option");
        }
        List<Outcome> outcomes = subject.all ? pci.probeAll() : List.of(pci.bind(subject.name, driver, host, dryRun));
        Outcomes.print(session, output, outcomes, "no unbound function has a matching driver");
        return outcomes.stream().allMatch(outcome -> outcome.driver() != null) ? ExitCode.OK : ExitCode.REFUSED;
    }
}
