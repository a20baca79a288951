// SPDX-License-Identifier: Apache-2.0
/** Functions at one moment, and the forms in which other programs read them: lspci's hex dump, and a tree as in sysfs. */
@Export
@Version("0.1.0")
package vfio.pci.core.snapshot;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
