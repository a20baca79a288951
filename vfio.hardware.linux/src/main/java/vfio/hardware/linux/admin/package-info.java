// SPDX-License-Identifier: Apache-2.0
/** What operators ask of this host. */
@Export
@Version("1.0.0")
package vfio.hardware.linux.admin;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
