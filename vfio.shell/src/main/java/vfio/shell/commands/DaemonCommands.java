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

/** The commands about the daemon itself. */
@Component
public final class DaemonCommands implements CommandProvider {
    private final EventLog events;

    /** Ends the daemon; whoever started it has registered this. */
    @Reference(target = "(vfio.shutdown=true)", cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC, policyOption = ReferencePolicyOption.GREEDY)
    private volatile Runnable shutdown;

    @Activate
    public DaemonCommands(@Reference EventLog events) {
        this.events = events;
    }

    @Override
    public List<Command> commands() {
        return List.of(new Events(events), new Stop(shutdown));
    }
}
