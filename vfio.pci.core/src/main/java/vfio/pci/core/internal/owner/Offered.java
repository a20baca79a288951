// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.owner;

import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import vfio.core.driver.DriverWorker;

/**
 * A service as one version of an owner's driver offers it.
 *
 * @param worker the worker of the driver's bundle, which makes text of what the service throws
 * @param calls counts the calls of the version's services
 */
record Offered(Object service, DriverWorker worker, LongAdder calls, Map<String, ?> properties) {
}
