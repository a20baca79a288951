// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

/** The side that migrates an open device: the first of these that can. */
public enum MigratedBy {
    /** The other side of the device's bus, such as the host's kernel: the driver here adds nothing. */
    OTHER_SIDE,
    /** The device's driver here. */
    DRIVER,
    /** No side: the device cannot be migrated. */
    NOBODY
}
