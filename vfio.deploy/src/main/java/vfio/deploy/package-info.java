// SPDX-License-Identifier: Apache-2.0
/** The facet by which operators ask about driver jars: states of files and why, drivers by capability, alias lines, pins. */
@Export
@Version("0.1.0")
package vfio.deploy;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
