// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.admin.Text;
import vfio.deploy.UpdateAdmin;
import vfio.deploy.UpdateAdmin.HoldRow;

/** Lets a driver go to the build that is wanted. */
@CommandLine.Command(name = "unhold", description = "End the hold of a driver: the build that is wanted comes at once.",
        footer = {"%nExample:", "  vfio unhold mlx5_vfio_pci"})
final class UnholdDriver extends HoldCommand {
    @CommandLine.Parameters(paramLabel = LABEL, description = DESCRIPTION)
    private String driver;

    UnholdDriver(UpdateAdmin updates) {
        super(updates);
    }

    @Override
    public ExitCode run(Session session) {
        List<HoldRow> before = updates().holds();
        updates().unhold(driver);
        List<HoldRow> holds = updates().holds();
        if (holds.equals(before) && !output.json) {
            session.out().println(Text.visible(driver) + " is not held");
        }
        return print(session, before, holds);
    }
}
