// SPDX-License-Identifier: Apache-2.0
/** The requests that an operator may make of the PCI core: plain facets, values in and values out, for any face to show. */
@Export
@Version("0.1.0")
package vfio.pci.core.admin;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
