// SPDX-License-Identifier: Apache-2.0
/** The judge of matching: the kernel's answers against those of the core's own classes, which nobody else reaches. */
package vfio.pci.core.internal;
