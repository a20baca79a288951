// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vfio.admin.Command;
import vfio.admin.CommandProvider;
import vfio.pci.core.admin.DeviceAdmin;
import vfio.pci.core.admin.PciAdmin;

/** The commands about functions as VFIO devices. */
@Component
public final class DeviceCommands implements CommandProvider {
    private final DeviceAdmin devices;
    private final PciAdmin pci;

    @Activate
    public DeviceCommands(@Reference DeviceAdmin devices, @Reference PciAdmin pci) {
        this.devices = devices;
        this.pci = pci;
    }

    @Override
    public List<Command> commands() {
        return List.of(new ListRegions(devices), new ListIrqs(devices), new ShowConfig(devices, pci), new ReadRegion(devices),
                new WriteRegion(devices), new DumpRegion(devices), new ResetFunction(devices), new ResetMethods(devices),
                new HotResetFunctions(devices), new SetVirtualFunctions(devices));
    }
}
