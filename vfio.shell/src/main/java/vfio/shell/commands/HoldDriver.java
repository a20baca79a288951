// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.deploy.UpdateAdmin;
import vfio.deploy.UpdateAdmin.HoldRow;

/** Holds a driver at the build that runs. */
@CommandLine.Command(name = "hold",
        description = "Hold a driver at the build that runs: others wait for update or unhold; or list what is held.",
        footer = {"%nKept over restarts.", "%nExample:", "  vfio hold mlx5_vfio_pci"})
final class HoldDriver extends HoldCommand {
    @CommandLine.Parameters(arity = "0..1", paramLabel = LABEL, description = DESCRIPTION)
    private String driver;

    HoldDriver(UpdateAdmin updates) {
        super(updates);
    }

    @Override
    public ExitCode run(Session session) {
        List<HoldRow> before = updates().holds();
        if (driver == null) {
            return output.rows(session, "holds", before, TABLE);
        }
        updates().hold(driver);
        return print(session, before, updates().holds());
    }
}
