// SPDX-License-Identifier: Apache-2.0
/** The emulated bus without a framework, for tests and small programs. */
@Export
@Version("0.1.0")
package vfio.hardware.emulated.standalone;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
