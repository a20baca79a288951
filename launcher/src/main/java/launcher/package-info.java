// SPDX-License-Identifier: Apache-2.0
/** The {@code vfio} command: starts the daemon, or sends a command to it. */
package launcher;
