// SPDX-License-Identifier: Apache-2.0
/**
 * The API for PCI drivers: ids, the driver and its binding, the function and the VFIO device made of the function.
 */
@Export
@Version("0.1.0")
package vfio.pci.core;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
