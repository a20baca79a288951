// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.deploy.DeployAdmin;
import vfio.deploy.DeployAdmin.PinRow;

/** Holds a bundle at a version. */
@CommandLine.Command(name = "pin", description = "Want one version of a bundle, whatever else is there; or list the pins.",
        footer = {"%nExample:", "  vfio pin vfio.pci.mlx5 1.2.0"})
final class Pin extends PinCommand {
    @CommandLine.Parameters(index = "0", arity = "0..1", paramLabel = "BUNDLE", description = "Symbolic name.")
    private String bundle;

    @CommandLine.Parameters(index = "1", arity = "0..1", paramLabel = "VERSION", description = "Its version.")
    private String version;

    Pin(DeployAdmin deploy) {
        super(deploy);
    }

    @Override
    public ExitCode run(Session session) {
        if (bundle != null && version == null) {
            throw new UsageException("pin takes a symbolic name and a version");
        }
        List<PinRow> before = folders().pins();
        if (bundle == null) {
            return output.rows(session, "pins", before, TABLE);
        }
        folders().pin(bundle, version);
        return print(session, before);
    }
}
