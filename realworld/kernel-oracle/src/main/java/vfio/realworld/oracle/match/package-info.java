// SPDX-License-Identifier: Apache-2.0
/** The judge of matching: the kernel's answers against those of the core's own classes. */
package vfio.realworld.oracle.match;
