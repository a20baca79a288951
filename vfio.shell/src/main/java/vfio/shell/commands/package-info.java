// SPDX-License-Identifier: Apache-2.0
/** The commands: a few lines each over the facets. */
package vfio.shell.commands;
