// SPDX-License-Identifier: Apache-2.0
/** How PCI functions are named and told apart, and the records of a hot reset. */
@Export
@Version("1.0.0")
package vfio.pci.core.id;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
