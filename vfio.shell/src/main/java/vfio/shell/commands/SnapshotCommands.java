// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vfio.admin.Command;
import vfio.admin.CommandProvider;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.admin.PciSnapshots;

/** The command about all bytes of functions. */
@Component
public final class SnapshotCommands implements CommandProvider {
    private final PciAdmin pci;
    private final PciSnapshots snapshots;

    @Activate
    public SnapshotCommands(@Reference PciAdmin pci, @Reference PciSnapshots snapshots) {
        this.pci = pci;
        this.snapshots = snapshots;
    }

    @Override
    public List<Command> commands() {
        return List.of(new Snapshot(pci, snapshots));
    }
}
