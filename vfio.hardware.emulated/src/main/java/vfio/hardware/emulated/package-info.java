// SPDX-License-Identifier: Apache-2.0
/**
 * The emulated bus as its users see it: descriptions of functions, and the hotplug that plugs them in.
 *
 * <p>A {@link vfio.hardware.emulated.FunctionDescription} says what a function is: ids, BARs, capabilities, resets, ROM, the
 * wiring of interrupts, and the name of the {@link vfio.hardware.emulated.model.DeviceModel} behind the BARs. A {@link
 * vfio.hardware.emulated.FunctionSpec} is a description at a place, to be plugged in by {@link
 * vfio.hardware.emulated.Hotplug}.
 */
@Export
@Version("0.1.0")
package vfio.hardware.emulated;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
