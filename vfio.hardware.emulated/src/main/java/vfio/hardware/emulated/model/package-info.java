// SPDX-License-Identifier: Apache-2.0
/**
 * Device models: the devices behind the BARs of emulated functions, in this bundle or in another.
 *
 * <p>A bundle registers a {@link vfio.hardware.emulated.model.DeviceModelFactory} under a name. For each function whose
 * description names it, the factory makes a {@link vfio.hardware.emulated.model.DeviceModel}, which answers reads and writes
 * of registers, and gives it a {@link vfio.hardware.emulated.model.ModelPort}, by which the model interrupts and reaches
 * memory.
 */
@Export
@Version("0.1.0")
package vfio.hardware.emulated.model;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
