// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.deploy.DeployAdmin;
import vfio.deploy.DeployAdmin.PinRow;

/** A command that changes at which version a bundle is held, and prints the pins that there are then. */
abstract class PinCommand extends DeployCommand {
    static final Table<PinRow> TABLE = Table.<PinRow>of("no bundle is pinned")
            .left("bundle", PinRow::symbolicName).left("version", PinRow::version);

    PinCommand(DeployAdmin deploy) {
        super(deploy);
    }

    /** Prints the pins; in JSON also whether they differ from those before. */
    final ExitCode print(Session session, List<PinRow> before) {
        List<PinRow> pins = folders().pins();
        if (output.json) {
            Json.changed(session, !pins.equals(before), "pins", pins);
        } else {
            TABLE.print(session, pins);
        }
        return ExitCode.OK;
    }
}
