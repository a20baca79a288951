// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

/** Who migrates a device that is open: the first of these that can. */
public enum MigratedBy {
    /** The other side of its bus, such as the host's kernel: its driver here adds nothing. */
    OTHER_SIDE,
    /** Its driver here. */
    DRIVER,
    /** Nobody: it cannot be migrated. */
    NOBODY
}
