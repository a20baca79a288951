// SPDX-License-Identifier: Apache-2.0
/** What plugs functions into the emulated bus: models of functions, their capabilities, and hotplug. */
@Export
@Version("0.1.0")
package vfio.hardware.emulated;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
