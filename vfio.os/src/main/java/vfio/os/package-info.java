// SPDX-License-Identifier: Apache-2.0
/** The Linux kernel that this program runs on: descriptors and memory as owned objects, and errno as exceptions. */
@Export
@Version("0.1.0")
package vfio.os;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
