// SPDX-License-Identifier: Apache-2.0
/**
 * What PCI and VFIO give a number or a name: addresses and ids of functions, registers, regions, interrupts, reset methods,
 * and the records of a hot reset.
 */
@Export
@Version("0.1.0")
package vfio.pci.core.id;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
