// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vfio.admin.Command;
import vfio.admin.CommandProvider;
import vfio.hardware.linux.admin.HostAdmin;

/** The commands about the host below; here while its bus is. */
@Component
public final class HostCommands implements CommandProvider {
    private final HostAdmin host;

    @Activate
    public HostCommands(@Reference HostAdmin host) {
        this.host = host;
    }

    @Override
    public List<Command> commands() {
        return List.of(new ExamineHost(host));
    }
}
