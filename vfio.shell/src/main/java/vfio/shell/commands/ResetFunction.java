// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import picocli.CommandLine;
import vfio.admin.Command;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.pci.core.admin.DeviceAdmin;

/** Resets one function. */
@CommandLine.Command(name = "reset", description = "Reset a function that is bound to a VFIO driver.",
        footer = {"%nRefused while somebody has the function open, but with --force.", "%nExample:",
            "  vfio reset 0000:01:00.2"})
final class ResetFunction implements Command {
    private final DeviceAdmin devices;

    @CommandLine.Mixin
    private Output output;

    @CommandLine.Parameters(index = "0", paramLabel = "NAME", description = "BDF, or bus/BDF where two buses have it.")
    private String name;

    @CommandLine.Option(names = "--force", description = "Although somebody has the function open.")
    private boolean force;

    ResetFunction(DeviceAdmin devices) {
        this.devices = devices;
    }

    @Override
    public String group() {
        return Groups.DEVICES;
    }

    @Override
    public ExitCode run(Session session) {
        devices.reset(name, force);
        return new Act(name, true, "was reset").print(session, output);
    }
}
