// SPDX-License-Identifier: Apache-2.0
/** The devices that users open, from registration to drain: their regions, mappings and handles. */
@Export
@Version("0.1.0")
package vfio.core.device;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
