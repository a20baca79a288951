// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Text;
import vfio.deploy.DeployAdmin;
import vfio.pci.core.admin.PciAdmin;

/** The driver bundles' lines of modules.alias. */
@CommandLine.Command(name = "aliases", description = "Print the lines that the driver bundles add to modules.alias.",
        footer = {"%nExample:", "  vfio aliases"})
final class Aliases extends OwnCommand {
    private final PciAdmin pci;
    private final DeployAdmin deploy;

    Aliases(PciAdmin pci, DeployAdmin deploy) {
        super(Groups.DRIVERS);
        this.pci = pci;
        this.deploy = deploy;
    }

    @Override
    public Kind kind() {
        return Kind.PROMPT;
    }

    @Override
    public boolean stateless() {
        return true;
    }

    @Override
    public ExitCode run(Session session) {
        SortedSet<String> lines = new TreeSet<>(pci.aliases());
        if (deploy != null) {
            lines.addAll(deploy.aliases());
        }
        if (output.json) {
            Json.rows(session, "aliases", List.copyOf(lines));
        } else {
            lines.forEach(line -> session.out().println(Text.visible(line)));
        }
        return ExitCode.OK;
    }
}
