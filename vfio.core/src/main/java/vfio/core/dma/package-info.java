// SPDX-License-Identifier: Apache-2.0
/** Memory that devices reach: buffers, the addresses by which devices see them, and which pages devices have written. */
@Export
@Version("0.1.0")
package vfio.core.dma;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
