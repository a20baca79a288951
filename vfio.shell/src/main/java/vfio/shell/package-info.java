// SPDX-License-Identifier: Apache-2.0
/** One tree of commands, built anew for each run from what the command providers bring. */
package vfio.shell;
