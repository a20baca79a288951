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
import vfio.deploy.DeployAdmin;
import vfio.pci.core.admin.PciAdmin;
import vfio.pci.core.admin.PciNames;

/** The commands about functions and drivers. */
@Component
public final class PciCommands implements CommandProvider {
    private final PciAdmin pci;

    /** Knows of drivers whose service is not here. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile DeployAdmin deploy;

    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    private volatile PciNames names;

    @Activate
    public PciCommands(@Reference PciAdmin pci) {
        this.pci = pci;
    }

    /** For tests. */
    PciCommands(PciAdmin pci, DeployAdmin deploy, PciNames names) {
        this(pci);
        this.deploy = deploy;
        this.names = names;
    }

    @Override
    public List<Command> commands() {
        FunctionNames functionNames = new FunctionNames(names);
        return List.of(new ShowStatus(pci), new ListFunctions(pci, functionNames), new ShowFunction(pci, functionNames),
                new ListCandidates(pci), new Explain(pci), new Bind(pci), new Unbind(pci), new WriteOverride(pci),
                new Policy(pci), new NewId(pci), new RemoveId(pci), new ListDrivers(pci, deploy), new Aliases(pci, deploy));
    }
}
