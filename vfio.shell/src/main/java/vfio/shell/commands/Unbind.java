// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.admin.PciAdmin.Outcome;

/** Takes a function from its driver. */
@CommandLine.Command(name = "unbind",
        description = "Unbind a function, its users asked first; its host gets back what bind took.",
        footer = {"%nExample:", "  vfio unbind 0000:01:00.2", "  vfio unbind linux/0000:03:00.0 --to-host --dry-run"})
final class Unbind extends FunctionCommand {
    @CommandLine.Mixin
    private FunctionName function;

    @CommandLine.Option(names = "--to-host",
            description = "Give it to the driver that its host chooses by itself, though no bind is remembered that took it.")
    private boolean toHost;

    @CommandLine.Option(names = "--dry-run", description = "With --to-host: only say what would be done.")
    private boolean dryRun;

    Unbind(PciAdmin pci) {
        super(pci);
    }

    @Override
    public ExitCode run(Session session) {
        if (dryRun && !toHost) {
            throw new UsageException("--dry-run goes with --to-host");
        }
        Outcome outcome = toHost ? pci.unbindToHost(function.name, dryRun) : pci.unbind(function.name);
        return Outcomes.print(session, output, List.of(outcome), "");
    }
}
