// SPDX-License-Identifier: Apache-2.0
/**
 * VFIO, bus-neutral: a device's life from registration to drain, its users, its memory and the errors it answers.
 */
@Export
@Version("0.1.0")
package vfio.core;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
