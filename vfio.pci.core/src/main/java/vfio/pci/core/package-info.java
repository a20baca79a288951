// SPDX-License-Identifier: Apache-2.0
/**
 * What a PCI driver is written against: ids, the driver and its binding, the function and the VFIO device made of it.
 */
@Export
@Version("0.1.0")
package vfio.pci.core;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
