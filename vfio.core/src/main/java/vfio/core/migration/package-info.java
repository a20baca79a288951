// SPDX-License-Identifier: Apache-2.0
/**
 * Live migration, version 2 of the kernel's protocol: states, arcs and data streams (uapi/linux/vfio.h,
 * VFIO_DEVICE_FEATURE_MIGRATION and VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE).
 */
@Export
@Version("0.1.0")
package vfio.core.migration;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
