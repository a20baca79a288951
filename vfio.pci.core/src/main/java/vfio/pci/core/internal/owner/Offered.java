// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.owner;

import java.util.Map;
import vfio.core.driver.DriverWorker;

/**
 * A service as one version of an owner's driver offers it.
 *
 * @param worker the worker of the driver's bundle, which makes text of what the service throws
 */
record Offered(Object service, DriverWorker worker, Map<String, ?> properties) {
}
