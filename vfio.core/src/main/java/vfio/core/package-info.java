// SPDX-License-Identifier: Apache-2.0
/**
 * The types that all bundles share, whatever the bus: interrupt requests and signals, memory, the log of events, refusals
 * with their errno.
 */
@Export
@Version("0.1.0")
package vfio.core;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
