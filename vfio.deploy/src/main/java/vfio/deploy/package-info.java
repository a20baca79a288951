// SPDX-License-Identifier: Apache-2.0
/** What an operator may ask about driver jars: which file became what and why, drivers by capability, alias lines, pins. */
@Export
@Version("1.0.0")
package vfio.deploy;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
