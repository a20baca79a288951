// SPDX-License-Identifier: Apache-2.0
/** The words of operator faces: commands and their sessions, exit codes, tables, JSON. */
@Export
@Version("0.1.0")
package vfio.admin;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
