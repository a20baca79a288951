// SPDX-License-Identifier: Apache-2.0
/** Calls of a driver: each on the one thread of its bundle, each within a limit. */
@Export
@Version("0.1.0")
package vfio.core.driver;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
