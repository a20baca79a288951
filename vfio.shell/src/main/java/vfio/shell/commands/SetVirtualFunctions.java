// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import picocli.CommandLine;
import vfio.admin.Command;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.pci.core.admin.DeviceAdmin;

/** Makes VFs of a PF appear. */
@CommandLine.Command(name = "vfs", description = "Make VFs of a PF appear, or take them away with 0.",
        footer = {"%nThe PF is bound to a VFIO driver whose setting enableSriov is on, or to a driver of its host.", "%nExample:",
            "  vfio vfs 0000:01:00.0 4"})
final class SetVirtualFunctions implements Command {
    private final DeviceAdmin devices;

    @CommandLine.Option(names = {"-h", "--help"}, usageHelp = true, description = "Print this help.")
    private boolean help;

    @CommandLine.Parameters(index = "0", paramLabel = "NAME", description = "BDF, or bus/BDF where two buses have it.")
    private String name;

    @CommandLine.Parameters(index = "1", paramLabel = "COUNT", description = "How many; 0 for none.")
    private int count;

    SetVirtualFunctions(DeviceAdmin devices) {
        this.devices = devices;
    }

    @Override
    public String group() {
        return Groups.DEVICES;
    }

    @Override
    public ExitCode run(Session session) {
        session.out().println(name + ": has " + devices.virtualFunctions(name, count) + " VFs");
        return ExitCode.OK;
    }
}
