// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.nio.file.Path;
import org.osgi.framework.Bundle;

/**
 * A build that runs.
 *
 * @param home the file that it came from, which may be gone or hold other content now
 * @param bundle the started bundle that it runs as
 */
record RunningBuild(Build build, Path home, Bundle bundle) {

    /** Tells whether the bundle was stopped. */
    boolean stopped() {
        return (bundle.getState() & (Bundle.INSTALLED | Bundle.RESOLVED | Bundle.UNINSTALLED)) != 0;
    }
}
