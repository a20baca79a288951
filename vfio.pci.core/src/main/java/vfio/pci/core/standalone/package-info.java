// SPDX-License-Identifier: Apache-2.0
/** The functions of a HOST bus without the component and its services: for a program without a framework, and for tests. */
@Export
@Version("0.1.0")
package vfio.pci.core.standalone;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
