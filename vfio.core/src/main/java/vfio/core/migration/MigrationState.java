// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

import vfio.core.Errno;
import vfio.core.VfioException;

/** The states of {@code enum vfio_device_mig_state}; a state's ordinal is the kernel's number. */
public enum MigrationState {
    /** Lost: only a reset leaves it. */
    ERROR,
    /** Neither runs nor changes. */
    STOP,
    /** Runs. */
    RUNNING,
    /** As STOP, and the state is read from a stream. */
    STOP_COPY,
    /** As STOP, and the state is written to a stream. */
    RESUMING,
    /** Runs and does not begin DMA to another device. */
    RUNNING_P2P,
    /** Runs, and the state is read from a stream while it changes. */
    PRE_COPY,
    /** As PRE_COPY, and does not begin DMA to another device. */
    PRE_COPY_P2P;

    /**
     * Returns the state of a number.
     *
     * @throws VfioException EINVAL where no state has that number
     */
    public static MigrationState of(int number) {
        if (number < 0 || number >= values().length) {
            throw new VfioException(Errno.EINVAL, "migration state " + number + ": states have the numbers 0 to 7");
        }
        return values()[number];
    }

    /** Tells whether a stream that reads the device's state lives in this state. */
    public boolean saves() {
        return this == STOP_COPY || preCopies();
    }

    /** Tells whether the device's state is read in this state while the device runs. */
    public boolean preCopies() {
        return this == PRE_COPY || this == PRE_COPY_P2P;
    }
}
