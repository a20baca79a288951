// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.Optional;
import java.util.UUID;

/**
 * The options of one open, which a user appends to the device's name (vfio_pci_core_match, vfio_pci_core.c).
 *
 * @param vfToken the secret that the users of a PF and of its VFs share
 */
public record OpenArguments(Optional<UUID> vfToken) {
    /** An open without options. */
    public static final OpenArguments NONE = new OpenArguments(Optional.empty());
}
