// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import vfio.admin.CommandProvider;
import vfio.core.EventLog;
import vfio.deploy.DeployAdmin;
import vfio.deploy.UpdateAdmin;
import vfio.hardware.linux.admin.HostAdmin.Finding;
import vfio.hardware.linux.admin.HostAdmin.Verdict;
import vfio.hardware.linux.admin.HostAdmin;
import vfio.pci.core.admin.PciNames;

/** All commands of the bundle over fakes. */
public final class Commands {
    private static final List<Finding> FINDINGS = List.of(new Finding("iommu", Verdict.OK, "12 groups", null),
            new Finding("locked memory", Verdict.PROBLEM, "8388608 bytes", "raise it"));

    private Commands() {
    }

    public static CommandProvider over(FakePci pci, FakeDeploy deploy, PciNames names, EventLog log, Runnable shutdown) {
        return over(pci, deploy, new FakeUpdates(), names, log, memory -> FINDINGS, shutdown);
    }

    /** The same, with updates of the caller's. */
    public static CommandProvider over(FakePci pci, FakeUpdates updates, EventLog log, Runnable shutdown) {
        return over(pci, new FakeDeploy(), updates, null, log, memory -> FINDINGS, shutdown);
    }

    /** The same, where deploy, updates, names, host and shutdown may be null: not here. */
    public static CommandProvider over(FakePci pci, DeployAdmin deploy, UpdateAdmin updates, PciNames names, EventLog log,
            HostAdmin host, Runnable shutdown) {
        return new OwnCommands(pci, new FakeDevices(), log).with(deploy, updates, names, host, shutdown);
    }

    /** Over functions that can be read whole. */
    public static CommandProvider over(FakePci pci) {
        return new OwnCommands(pci, new FakeDevices(), new EventLog());
    }
}
