// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The flags of a device's migration: what it can do beside STOP_COPY, which every device that migrates can.
 *
 * @param p2p it has the states in which it begins no DMA to other devices
 * @param preCopy its state can be read while it runs
 */
public record MigrationFlags(boolean p2p, boolean preCopy) {
    private static final long STOP_COPY = 1;
    private static final long P2P = 1 << 1;
    private static final long PRE_COPY = 1 << 2;

    /**
     * Returns the flags that another kernel or process tells.
     *
     * @throws VfioException EINVAL where STOP_COPY is not among them, or one that is not known here is
     */
    public static MigrationFlags of(long bits) {
        if ((bits & STOP_COPY) == 0 || (bits & ~(STOP_COPY | P2P | PRE_COPY)) != 0) {
            throw new VfioException(Errno.EINVAL, "migration flags " + Long.toHexString(bits)
                    + ": a device that migrates has STOP_COPY (1), and beside it P2P (2) or PRE_COPY (4)");
        }
        return new MigrationFlags((bits & P2P) != 0, (bits & PRE_COPY) != 0);
    }

    /**
     * Asks a driver for its flags, for its registration and for each first open.
     *
     * @throws VfioException EINVAL where it does not tell them
     */
    public static MigrationFlags of(String device, MigrationOperations operations) {
        MigrationFlags flags = operations.flags();
        if (flags == null) {
            throw new VfioException(Errno.EINVAL, "migration of " + device + ": the driver answered no flags, and STOP_COPY "
                    + "(1) must be among them");
        }
        return flags;
    }

    /** Returns the bits of {@code struct vfio_device_feature_migration}: STOP_COPY 1, P2P 2, PRE_COPY 4. */
    public long bits() {
        return STOP_COPY | (p2p ? P2P : 0) | (preCopy ? PRE_COPY : 0);
    }

    /**
     * Returns the states that a device with these flags passes from one state to another, without the one it is in and with
     * the one it is to reach; none where they are the same.
     *
     * @throws VfioException EINVAL where the device has not one of the states, or no way leads from one to the other
     */
    public List<MigrationState> path(MigrationState from, MigrationState to) {
        return MigrationArcs.path(this, from, to);
    }

    /** Tells whether a device with these flags can be in a state; every device can be in ERROR. */
    public boolean has(MigrationState state) {
        return switch (state) {
            case RUNNING_P2P -> p2p;
            case PRE_COPY -> preCopy;
            case PRE_COPY_P2P -> p2p && preCopy;
            default -> true;
        };
    }
}
