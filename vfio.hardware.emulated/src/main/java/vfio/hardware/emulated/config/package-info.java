// SPDX-License-Identifier: Apache-2.0
/**
 * Configuration space as it is laid out: blocks of registers, and the whole image of a function. The description of a device
 * with a capability of its own lays it out as a {@link vfio.hardware.emulated.config.RegisterBlock}.
 */
@Export
@Version("0.1.0")
package vfio.hardware.emulated.config;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
