// SPDX-License-Identifier: Apache-2.0
/** What may be said to a component, and whether it can be understood. */
@Export
@Version("0.1.0")
package vfio.core.settings;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
