// SPDX-License-Identifier: Apache-2.0
/** The judge of configuration space, regions and interrupts: the kernel's vfio-pci against the core's raw function. */
package vfio.realworld.oracle.config;
