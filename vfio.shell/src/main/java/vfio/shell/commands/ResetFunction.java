// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.pci.core.admin.DeviceAdmin;

/** Resets one function. */
@CommandLine.Command(name = "reset", description = "Reset a function that is bound to a VFIO driver.",
        footer = {"%nRefused while somebody has the function open, but with --force.", "%nExample:",
            "  vfio reset 0000:01:00.2"})
final class ResetFunction extends DeviceCommand {
    @CommandLine.Mixin
    private FunctionName function;

    @CommandLine.Option(names = "--force", description = "Although somebody has the function open.")
    private boolean force;

    ResetFunction(DeviceAdmin devices) {
        super(devices);
    }

    @Override
    public ExitCode run(Session session) {
        devices.reset(function.name, force);
        return new Act(function.name, true, "was reset").print(session, output);
    }
}
