// SPDX-License-Identifier: Apache-2.0
/**
 * What a driver says of itself: its names and id table, and the text form of id tables, lines of modules.alias, read and
 * printed byte for byte (scripts/mod/file2alias.c).
 */
@Export
@Version("0.1.0")
package vfio.pci.core.alias;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
