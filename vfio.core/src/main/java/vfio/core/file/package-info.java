// SPDX-License-Identifier: Apache-2.0
/**
 * The owners of files and folders: the checks that a process with more rights than others makes before it uses a path. The
 * package needs no other of this project.
 */
@Export
@Version("0.1.0")
package vfio.core.file;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
