// SPDX-License-Identifier: Apache-2.0
/** The settings of a component, and the check of their names and values. */
@Export
@Version("0.1.0")
package vfio.core.settings;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
