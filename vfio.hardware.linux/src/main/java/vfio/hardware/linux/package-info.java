// SPDX-License-Identifier: Apache-2.0
/** This host's PCI functions: as a bus, and for programs without a framework. */
@Export
@Version("1.0.0")
package vfio.hardware.linux;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
