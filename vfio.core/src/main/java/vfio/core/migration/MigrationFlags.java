// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

/**
 * What a device can do beside STOP_COPY, which every device that migrates can.
 *
 * @param p2p it has the states in which it begins no DMA to other devices
 * @param preCopy its state can be read while it runs
 */
public record MigrationFlags(boolean p2p, boolean preCopy) {

    /** As in {@code struct vfio_device_feature_migration}: STOP_COPY 1, P2P 2, PRE_COPY 4. */
    public long bits() {
        return 1 | (p2p ? 2 : 0) | (preCopy ? 4 : 0);
    }

    /** Whether a device with these flags can be in the state; every device can be in ERROR. */
    public boolean has(MigrationState state) {
        return switch (state) {
            case RUNNING_P2P -> p2p;
            case PRE_COPY -> preCopy;
            case PRE_COPY_P2P -> p2p && preCopy;
            default -> true;
        };
    }
}
