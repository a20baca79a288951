// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vfio.admin.Command;
import vfio.admin.CommandProvider;
import vfio.deploy.DeployAdmin;

/** The commands about driver folders; here while deployment is. */
@Component
public final class DeployCommands implements CommandProvider {
    private final DeployAdmin deploy;

    @Activate
    public DeployCommands(@Reference DeployAdmin deploy) {
        this.deploy = deploy;
    }

    @Override
    public List<Command> commands() {
        return List.of(new ListFiles(deploy), new Pin(deploy), new Unpin(deploy));
    }
}
