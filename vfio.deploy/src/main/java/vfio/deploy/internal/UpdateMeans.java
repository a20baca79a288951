// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import vfio.core.EventLog;
import vfio.pci.core.admin.DriverHandover;
import vfio.pci.core.admin.DriverUpdate;

/**
 * What live updates work with.
 *
 * @param core moves functions from one build to another
 * @param handover takes functions from a build that is about to stop
 * @param end cuts short what waits for a time
 */
record UpdateMeans(DriverUpdate core, DriverHandover handover, Installer steps, Journal journal, EventLog events,
        PauseHistogram pauses, LeavingLoaders loaders, UpdateSettings settings, EndSign end) {
}
