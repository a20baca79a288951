// SPDX-License-Identifier: Apache-2.0
package vfio.shell.commands;

import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.deploy.DeployAdmin;

/** The facet of the driver folders, which a framework may do without. */
final class Deployment {
    private Deployment() {
    }

    /**
     * The facet that a command cannot do without.
     *
     * @throws VfioException EOPNOTSUPP where it is null
     */
    static DeployAdmin here(DeployAdmin deploy) {
        if (deploy == null) {
            throw new VfioException(Errno.EOPNOTSUPP, "look at the driver folders: no bundle here deploys from any; "
                    + "'vfio run' has one, once it is ready");
        }
        return deploy;
    }
}
