// SPDX-License-Identifier: Apache-2.0
/** What the judges need of a function that the kernel has open. */
package vfio.hardware.linux.device;
