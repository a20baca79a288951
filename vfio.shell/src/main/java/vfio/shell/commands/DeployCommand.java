// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.deploy.DeployAdmin;

/** A command about the driver folders. It is listed also in a framework that deploys from none. */
abstract class DeployCommand extends OwnCommand {
    private final DeployAdmin deploy;

    /** @param deploy null where nothing is deployed from folders */
    DeployCommand(DeployAdmin deploy) {
        super(Groups.DRIVERS);
        this.deploy = deploy;
    }

    /**
     * Returns the facet of the driver folders.
     *
     * @throws VfioException EOPNOTSUPP where nothing is deployed from folders
     */
    final DeployAdmin folders() {
        if (deploy == null) {
            throw new VfioException(Errno.EOPNOTSUPP, "look at the driver folders: no bundle here deploys from any; "
                    + "'vfio run' has one, once it is ready");
        }
        return deploy;
    }
}
