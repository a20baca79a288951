// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import vfio.admin.Command;
import vfio.admin.CommandProvider;
import vfio.core.EventLog;
import vfio.deploy.DeployAdmin;
import vfio.deploy.UpdateAdmin;
import vfio.hardware.linux.admin.HostAdmin;
import vfio.pci.core.admin.DeviceAdmin;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.admin.PciNames;

/**
 * The commands of this bundle, the same in every framework: one whose facet is not here is listed and helps like the
 * others, and says what it lacks when it is run.
 */
@Component
public final class OwnCommands implements CommandProvider {
    private final PciAdmin pci;
    private final DeviceAdmin devices;
    private final EventLog events;

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile DeployAdmin deploy;

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile UpdateAdmin updates;

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile PciNames names;

    /** Here while the bus of the host below is. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile HostAdmin host;

    /** Ends the daemon; whoever started it has registered this. */
    @Reference(target = "(vfio.shutdown=true)", cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    private volatile Runnable shutdown;

    @Activate
    public OwnCommands(@Reference PciAdmin pci, @Reference DeviceAdmin devices, @Reference EventLog events) {
        this.pci = pci;
        this.devices = devices;
        this.events = events;
    }

    /** For tests: what a framework may lack, each null where it does. */
    OwnCommands with(DeployAdmin someDeploy, UpdateAdmin someUpdates, PciNames someNames, HostAdmin someHost,
            Runnable someShutdown) {
        deploy = someDeploy;
        updates = someUpdates;
        names = someNames;
        host = someHost;
        shutdown = someShutdown;
        return this;
    }

    @Override
    public List<Command> commands() {
        FunctionNames functionNames = new FunctionNames(names);
        return List.of(new ShowStatus(pci), new Stop(shutdown), new Events(events, functionNames), new ExamineHost(host),
                new ListFunctions(pci, functionNames), new ShowFunction(pci, functionNames), new ListCandidates(pci),
                new Explain(pci), new Bind(pci), new Unbind(pci), new WriteOverride(pci), new Policy(pci), new Snapshot(pci),
                new ListDrivers(pci, deploy, updates), new NewId(pci), new RemoveId(pci), new Aliases(pci, deploy),
                new ListFiles(deploy), new Pin(deploy), new Unpin(deploy),
                new UpdateDriver(updates), new RollBack(updates), new HoldDriver(updates), new UnholdDriver(updates),
                new ListRegions(devices), new ListIrqs(devices), new ShowConfig(devices, pci), new ReadRegion(devices),
                new WriteRegion(devices), new DumpRegion(devices), new ResetFunction(devices), new ResetMethods(devices),
                new ShowState(devices), new HotResetFunctions(devices), new SetVirtualFunctions(devices, pci));
    }
}
