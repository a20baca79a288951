// SPDX-License-Identifier: Apache-2.0
/** The objects by which a program drives a function that it has opened: registers, DMA, interrupts. */
@Export
@Version("0.1.0")
package vfio.pci.core.user;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
