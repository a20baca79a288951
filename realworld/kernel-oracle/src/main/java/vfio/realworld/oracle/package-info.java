// SPDX-License-Identifier: Apache-2.0
/** What the oracles draw: drivers with their tables, and operations. */
package vfio.realworld.oracle;
