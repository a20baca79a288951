// SPDX-License-Identifier: Apache-2.0
/**
 * Which pages a device writes by DMA, as the device itself logs it (uapi/linux/vfio.h,
 * VFIO_DEVICE_FEATURE_DMA_LOGGING_START, _STOP and _REPORT).
 */
@Export
@Version("0.1.0")
package vfio.core.dirty;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
