// SPDX-License-Identifier: Apache-2.0
/**
 * Configuration space as it is laid out: blocks of registers, capabilities made of them, and the whole image of a function.
 * A device model with a capability of its own lays it out as a {@link vfio.hardware.emulated.config.RegisterBlock} and makes
 * it a {@link vfio.hardware.emulated.config.Capability}.
 */
@Export
@Version("0.1.0")
package vfio.hardware.emulated.config;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
