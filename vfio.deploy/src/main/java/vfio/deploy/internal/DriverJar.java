// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.List;
import java.util.Map;
import org.osgi.framework.Version;
import vfio.pci.core.match.DriverIds;

/**
 * What a driver's manifest says.
 *
 * @param headers by name, whatever the case
 * @param drivers one for each {@code vfio.pci.driver} capability, at least one
 */
record DriverJar(String symbolicName, Version version, Map<String, String> headers, DriverResource resource,
        List<DriverIds> drivers) {

    String header(String name) {
        return headers.getOrDefault(name, "");
    }
}
