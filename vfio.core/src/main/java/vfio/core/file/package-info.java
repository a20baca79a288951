// SPDX-License-Identifier: Apache-2.0
/** Whose files these are: what a process that holds more rights than others asks before it uses a path. Needs nothing else. */
@Export
@Version("0.1.0")
package vfio.core.file;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
