// SPDX-License-Identifier: Apache-2.0
/**
 * Threads and how long they wait.
 */
@Export
@Version("0.1.0")
package vfio.core.thread;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
