// SPDX-License-Identifier: Apache-2.0
/** The facet by which operators ask about this host. */
@Export
@Version("0.1.0")
package vfio.hardware.linux.admin;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
