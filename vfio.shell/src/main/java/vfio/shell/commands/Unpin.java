// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.admin.Text;
import vfio.deploy.DeployAdmin;
import vfio.deploy.DeployAdmin.PinRow;

/** Lets a bundle go to its highest version. */
@CommandLine.Command(name = "unpin", description = "Want the highest version of a bundle again.",
        footer = {"%nExample:", "  vfio unpin vfio.pci.mlx5"})
final class Unpin extends PinCommand {
    @CommandLine.Parameters(paramLabel = "BUNDLE", description = "Symbolic name.")
    private String bundle;

    Unpin(DeployAdmin deploy) {
        super(deploy);
    }

    @Override
    public ExitCode run(Session session) {
        List<PinRow> before = folders().pins();
        if (before.stream().anyMatch(pin -> pin.symbolicName().equals(bundle))) {
            folders().unpin(bundle);
        } else if (!output.json) {
            session.out().println(Text.visible(bundle) + " is not pinned");
        }
        return print(session, before);
    }
}
