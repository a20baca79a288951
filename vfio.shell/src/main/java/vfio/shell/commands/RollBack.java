// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.Set;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.deploy.UpdateAdmin;

/** Goes back to the build of before. */
@CommandLine.Command(name = "rollback",
        description = "Go back to a driver's build of before, while its functions are open, and hold it.",
        footer = {"%nvfio update DRIVER ends that.", "%nExample:", "  vfio rollback mlx5_vfio_pci"})
final class RollBack extends UpdateCommand {
    @CommandLine.Parameters(paramLabel = LABEL, description = DESCRIPTION)
    private String driver;

    RollBack(UpdateAdmin updates) {
        super(updates);
    }

    /** An update that still soaks goes back; one that is over is followed by another update, to the build of before. */
    @Override
    public ExitCode run(Session session) {
        return printAsked(session, updates().rollback(driver), Set.of("failed"));
    }
}
