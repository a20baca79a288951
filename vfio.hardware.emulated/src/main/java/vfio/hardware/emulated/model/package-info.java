// SPDX-License-Identifier: Apache-2.0
/** Device models: what stands behind the BARs of an emulated function, in this bundle or in another. */
@Export
@Version("0.1.0")
package vfio.hardware.emulated.model;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
