// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.Command;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.pci.core.admin.PciAdmin;

/** Takes a function from its driver. */
@CommandLine.Command(name = "unbind",
        description = "Unbind a function, its users asked first; its host gets back what bind took.",
        footer = {"%nExample:", "  vfio unbind 0000:01:00.2", "  vfio unbind linux/0000:03:00.0 --to-host --dry-run"})
final class Unbind implements Command {
    private final PciAdmin pci;

    @CommandLine.Mixin
    private Output output;

    @CommandLine.Parameters(index = "0", paramLabel = "NAME",
            description = "BDF, or bus/BDF where two buses have it.")
    private String name;

    @CommandLine.Option(names = "--to-host",
            description = "Give it to the driver that its host chooses by itself, though no bind is remembered that took it.")
    private boolean toHost;

    @CommandLine.Option(names = "--dry-run", description = "With --to-host: only say what would be done.")
    private boolean dryRun;

    Unbind(PciAdmin pci) {
        this.pci = pci;
    }

    @Override
    public String group() {
        return Groups.FUNCTIONS;
    }

    @Override
    public ExitCode run(Session session) {
        if (dryRun && !toHost) {
            throw new UsageException("--dry-run goes with --to-host");
        }
        return Outcomes.print(session, output, List.of(toHost ? pci.unbindToHost(name, dryRun) : pci.unbind(name)), "");
    }
}
