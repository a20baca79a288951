// SPDX-License-Identifier: Apache-2.0
/** Matching: which drivers have entries for a function, in which order, and why each may bind it or not. */
@Export
@Version("0.1.0")
package vfio.pci.core.match;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
