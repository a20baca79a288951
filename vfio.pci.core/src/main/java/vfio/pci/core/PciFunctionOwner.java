// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core;

import org.osgi.annotation.versioning.ConsumerType;

/** A driver that uses the function itself, as a PF's driver does: an open of the function as a VFIO device answers EBUSY. */
@ConsumerType
public non-sealed interface PciFunctionOwner extends PciBinding {
}
