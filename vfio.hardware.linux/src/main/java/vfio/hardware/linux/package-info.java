// SPDX-License-Identifier: Apache-2.0
/** This host's PCI functions, for programs without a framework. */
@Export
@Version("0.1.0")
package vfio.hardware.linux;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
