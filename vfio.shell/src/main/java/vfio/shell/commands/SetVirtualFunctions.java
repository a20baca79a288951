// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import picocli.CommandLine;
import vfio.admin.ExitCode;
import vfio.admin.Session;
import vfio.pci.core.admin.DeviceAdmin;
import vfio.pci.core.admin.PciAdmin;

/** Makes VFs of a PF appear. */
@CommandLine.Command(name = "vfs", description = "Make VFs of a PF appear, or take them away with 0.",
        footer = {"%nThe PF is bound to a VFIO driver whose setting enableSriov is on, or to a driver of its host.",
            "%nExample:", "  vfio vfs 0000:01:00.0 4"})
final class SetVirtualFunctions extends DeviceCommand {
    private final PciAdmin pci;

    @CommandLine.Mixin
    private FunctionName function;

    @CommandLine.Parameters(index = "1", paramLabel = "COUNT", description = "How many; 0 for none.")
    private int count;

    SetVirtualFunctions(DeviceAdmin devices, PciAdmin pci) {
        super(devices);
        this.pci = pci;
    }

    @Override
    public ExitCode run(Session session) {
        boolean already = pci.function(function.name).virtualFunctions().size() == count;
        int there = already ? count : devices.virtualFunctions(function.name, count);
        return new Act(function.name, !already, "has " + there + " VFs" + (already ? " already" : "")).print(session, output);
    }
}
