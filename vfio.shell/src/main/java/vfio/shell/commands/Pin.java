// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.Command;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.deploy.DeployAdmin;
import vfio.deploy.DeployAdmin.PinRow;

/** Holds a bundle at a version. */
@CommandLine.Command(name = "pin", description = "Want one version of a bundle, whatever else is there; or list the pins.",
        footer = {"%nExample:", "  vfio pin vfio.pci.mlx5 1.2.0"})
final class Pin implements Command {
    static final Table<PinRow> TABLE = Table.<PinRow>of("no bundle is pinned")
            .left("bundle", PinRow::symbolicName).left("version", PinRow::version);

    private final DeployAdmin deploy;

    @CommandLine.Mixin
    private Output output;

    @CommandLine.Parameters(index = "0", arity = "0..1", paramLabel = "BUNDLE", description = "Symbolic name.")
    private String bundle;

    @CommandLine.Parameters(index = "1", arity = "0..1", paramLabel = "VERSION", description = "Its version.")
    private String version;

    Pin(DeployAdmin deploy) {
        this.deploy = deploy;
    }

    @Override
    public String group() {
        return Groups.DRIVERS;
    }

    @Override
    public ExitCode run(Session session) {
        if (bundle != null && version == null) {
            throw new UsageException("pin takes a symbolic name and a version");
        }
        DeployAdmin here = Deployment.here(deploy);
        List<PinRow> before = here.pins();
        if (bundle == null) {
            return output.rows(session, "pins", before, TABLE);
        }
        here.pin(bundle, version);
        return print(session, output, before, here.pins());
    }

    /** Prints the pins that there are after an act. */
    static ExitCode print(Session session, Output output, List<PinRow> before, List<PinRow> after) {
        if (output.json) {
            Json.changed(session, !after.equals(before), "pins", after);
        } else {
            TABLE.print(session, after);
        }
        return ExitCode.OK;
    }
}
