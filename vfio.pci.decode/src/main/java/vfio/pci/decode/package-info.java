// SPDX-License-Identifier: Apache-2.0
/** What the bytes of a configuration space say: capabilities by name and place, registers by field. Pure functions. */
@Export
@Version("0.1.0")
package vfio.pci.decode;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
