// SPDX-License-Identifier: Apache-2.0
/** The hardware SPI: buses, which announce functions, and the hardware of the functions. */
@Export
@Version("0.1.0")
package vfio.pci.core.bus;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
