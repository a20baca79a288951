// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.ArrayList;
import java.util.List;
import vfio.admin.Command;
import vfio.admin.CommandProvider;
import vfio.core.EventLog;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.admin.HostAdmin.Verdict;
import vfio.pci.core.admin.PciNames;

/** All commands of the bundle over fakes. */
public final class Commands {
    private static final List<Finding> FINDINGS = List.of(new Finding("iommu", Verdict.OK, "12 groups", null),
            new Finding("locked memory", Verdict.PROBLEM, "8388608 bytes", "raise it"));

    private Commands() {
    }

    public static CommandProvider over(FakePci pci, FakeDeploy deploy, PciNames names, EventLog log, Runnable shutdown) {
        return () -> {
            List<Command> commands = new ArrayList<>(new PciCommands(pci, deploy, names).commands());
            commands.addAll(new DeployCommands(deploy).commands());
            commands.addAll(new DeviceCommands(new FakeDevices(), pci).commands());
            commands.addAll(new HostCommands(memory -> FINDINGS).commands());
            commands.add(new Events(log));
            commands.add(new Stop(shutdown));
            return commands;
        };
    }
}
