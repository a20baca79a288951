// SPDX-License-Identifier: Apache-2.0
/** What the judge of configuration space needs to see of the permission tables. */
package vfio.pci.core.internal.config;
