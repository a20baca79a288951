// SPDX-License-Identifier: Apache-2.0
/** System calls as the kernel has them: numbers, structs and errnos. */
@Export
@Version("0.1.0")
package vfio.os.call;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
