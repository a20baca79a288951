// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.ArrayList;
import java.util.List;
import vfio.admin.Command;
import vfio.admin.CommandProvider;
import vfio.core.EventLog;
import vfio.pci.core.admin.PciNames;

/** All commands of the bundle over fakes. */
public final class Commands {
    private Commands() {
    }

    public static CommandProvider over(FakePci pci, FakeDeploy deploy, PciNames names, EventLog log, Runnable shutdown) {
        return () -> {
            List<Command> commands = new ArrayList<>(new PciCommands(pci, deploy, names).commands());
            commands.addAll(new DeployCommands(deploy).commands());
            commands.addAll(new DeviceCommands(new FakeDevices(), pci).commands());
            commands.add(new Events(log));
            commands.add(new Stop(shutdown));
            return commands;
        };
    }
}
