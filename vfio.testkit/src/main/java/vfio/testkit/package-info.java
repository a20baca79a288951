// SPDX-License-Identifier: Apache-2.0
/** The tests that a vendor runs on its own driver, and the rig they run on. */
@Export
@Version("0.1.0")
package vfio.testkit;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
