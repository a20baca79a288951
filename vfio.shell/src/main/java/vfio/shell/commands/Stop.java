// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Json;
import vfio.admin.Session;
import vfio.core.Errno;
import vfio.core.VfioException;

/** Ends the daemon. */
@CommandLine.Command(name = "stop", description = "Stop the daemon: users are asked, functions unbound, then it ends.",
        footer = {"%nExample:", "  vfio stop"})
final class Stop extends OwnCommand {
    private final Runnable shutdown;

    Stop(Runnable shutdown) {
        super(Groups.DAEMON);
        this.shutdown = shutdown;
    }

    @Override
    public Kind kind() {
        return Kind.PROMPT;
    }

    @Override
    public ExitCode run(Session session) {
        if (shutdown == null) {
            throw new VfioException(Errno.EOPNOTSUPP,
                    "this framework was not started by vfio run; stop it as it was started");
        }
        session.afterwards(shutdown);
        if (output.json) {
            session.out().print(Json.value("stopping", true));
        } else {
            session.out().println("stopping");
        }
        return ExitCode.OK;
    }
}
