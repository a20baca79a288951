// SPDX-License-Identifier: Apache-2.0
/** Addresses as devices see them: ranges, who gives them out, and a bit for each page that was written. */
@Export
@Version("0.1.0")
package vfio.core.iova;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
