// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.match;

import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.id.PciDeviceId;

/**
 * A driver considered for a function.
 *
 * @param entry what {@code probe} would receive: the first entry in table order that matches, else the first that
 *     agrees; {@link PciDeviceId#MATCH_ALL} where the override alone matches, null where nothing agrees
 * @param best the most specific entry that agrees, by which the driver ranks
 */
public record Candidate(DriverIds driver, PciDeviceId entry, PciDeviceId best, Reason reason) {

    /** Tells whether the driver may be probed as things stand. */
    public boolean matches() {
        return reason.matches();
    }
}
