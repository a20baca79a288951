// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.admin.Table;
import vfio.deploy.DeployAdmin;
import vfio.deploy.DeployAdmin.FileRow;

/** The driver folders, a row for each jar. */
@CommandLine.Command(name = "files", description = "List the jars of the driver folders, with what became of each and why.",
        footer = {"%nExample:", "  vfio files"})
final class ListFiles extends DeployCommand {
    private static final Table<FileRow> TABLE = Table.<FileRow>of("no jars are in the driver folders")
            .left("file", FileRow::file).left("state", FileRow::state).flexible("bundle", FileRow::symbolicName)
            .flexible("version", FileRow::version);

    ListFiles(DeployAdmin deploy) {
        super(deploy);
    }

    @Override
    public Kind kind() {
        return Kind.PROMPT;
    }

    @Override
    public ExitCode run(Session session) {
        List<FileRow> files = folders().files();
        output.rows(session, "files", files, TABLE);
        return output.notes(session, files, FileRow::file, FileRow::reason);
    }
}
