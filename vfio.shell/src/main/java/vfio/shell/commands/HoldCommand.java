// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.deploy.UpdateAdmin;
import vfio.deploy.UpdateAdmin.HoldRow;

/** A command that changes which drivers are held, and prints those that are then. */
abstract class HoldCommand extends UpdateCommand {
    static final Table<HoldRow> TABLE = Table.<HoldRow>of("no driver is held").left("bundle", HoldRow::symbolicName)
            .left("build", HoldRow::build).flexible("reason", HoldRow::reason);

    HoldCommand(UpdateAdmin updates) {
        super(updates);
    }

    /** Prints the holds; in JSON also whether they differ from those before. */
    final ExitCode print(Session session, List<HoldRow> before, List<HoldRow> holds) {
        if (output.json) {
            Json.changed(session, !holds.equals(before), "holds", holds);
        } else {
            TABLE.print(session, holds);
        }
        return ExitCode.OK;
    }
}
