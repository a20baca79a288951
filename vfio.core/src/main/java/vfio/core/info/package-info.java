// SPDX-License-Identifier: Apache-2.0
/** The descriptions of a device, a region and an interrupt, as objects and as the bytes of the kernel's ioctls. */
@Export
@Version("0.1.0")
package vfio.core.info;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
