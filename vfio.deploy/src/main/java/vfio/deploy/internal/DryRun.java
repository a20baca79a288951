// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.List;
import java.util.Set;
import org.osgi.framework.Bundle;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.admin.DriverUpdate;
import vfio.pci.core.admin.DriverUpdate.Step;
import vfio.pci.core.admin.DriverUpdate.Update;

/** The dry run of an update: the next build is started beside the running one, asked for its ways, and stopped again. */
final class DryRun {
    private final DriverUpdate core;
    private final Installer steps;

    DryRun(DriverUpdate core, Installer steps) {
        this.core = core;
        this.steps = steps;
    }

    /**
     * Runs it; nothing is changed.
     *
     * @throws VfioException EIO where the next build does not start
     */
    List<Step> of(RunningBuild former, Build next) {
        Bundle fresh = null;
        try {
            fresh = steps.resolved(next);
            try (Update update = core.stage(Set.of(former.bundle().getBundleId()), fresh.getBundleId())) {
                steps.start(fresh);
                return update.plan();
            }
        } catch (Installer.Halt halt) {
            throw new VfioException(Errno.EIO, next + " would not run: " + halt.getMessage());
        } finally {
            if (fresh != null && fresh.getState() != Bundle.UNINSTALLED) {
                steps.stop(fresh);
                steps.leave(fresh);
            }
        }
    }
}
