// SPDX-License-Identifier: Apache-2.0
/** The calls of a driver: each runs on the one thread of the driver's bundle, within a time limit. */
@Export
@Version("0.1.0")
package vfio.core.driver;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
