// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import java.util.Set;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.deploy.UpdateAdmin;
import vfio.deploy.UpdateAdmin.UpdateRow;

/** A command about the live update of drivers. It is listed also in a framework that deploys from no folder. */
abstract class UpdateCommand extends OwnCommand {
    static final String LABEL = "DRIVER";
    static final String DESCRIPTION = "The driver's name, or its bundle's symbolic name.";

    private static final Table<UpdateRow> TABLE = Table.<UpdateRow>of("no driver was updated, and none is held")
            .left("bundle", UpdateRow::symbolicName).left("phase", UpdateRow::phase).right("moved", UpdateRow::moved)
            .right("stayed", UpdateRow::stayed).flexible("from", UpdateRow::from).flexible("to", UpdateRow::to);

    private final UpdateAdmin updates;

    /** @param updates null where nothing is deployed from folders */
    UpdateCommand(UpdateAdmin updates) {
        super(Groups.DRIVERS);
        this.updates = updates;
    }

    /**
     * Returns the facet of live updates.
     *
     * @throws VfioException EOPNOTSUPP where nothing is deployed from folders
     */
    final UpdateAdmin updates() {
        if (updates == null) {
            throw new VfioException(Errno.EOPNOTSUPP, "update a driver: no bundle here deploys any from a folder; "
                    + "'vfio run' has one, once it is ready");
        }
        return updates;
    }

    /** Prints updates, and below them why one is not done. */
    final ExitCode print(Session session, List<UpdateRow> rows) {
        output.rows(session, "updates", rows, TABLE);
        return output.notes(session, rows, UpdateRow::symbolicName, UpdateRow::reason);
    }

    /**
     * Prints one update that was asked for; one that is mixed is busy.
     *
     * @param undone the phases of one that was not to be
     */
    final ExitCode printAsked(Session session, UpdateRow row, Set<String> undone) {
        print(session, List.of(row));
        return undone.contains(row.phase()) ? ExitCode.REFUSED : row.phase().equals("mixed") ? ExitCode.BUSY : ExitCode.OK;
    }
}
