// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.List;
import java.util.Map;
import org.osgi.framework.Version;
import vfio.pci.core.alias.DriverIds;

/**
 * The declarations of a driver's manifest.
 *
 * @param headers by name, case-insensitive
 * @param drivers one for each {@code vfio.pci.driver} capability, at least one
 */
record DriverJar(String symbolicName, Version version, Map<String, String> headers, DriverResource resource,
        List<DriverIds> drivers) {

    /** Returns a header, or the empty text. */
    String header(String name) {
        return headers.getOrDefault(name, "");
    }
}
