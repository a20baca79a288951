// SPDX-License-Identifier: Apache-2.0
/**
 * VFIO_DEVICE_FEATURE by numbers and bytes, for the faces that speak so: a socket, an ioctl. A program in this process uses
 * what lies behind, such as {@link vfio.core.migration.Migration}.
 */
@Export
@Version("0.1.0")
package vfio.core.feature;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
