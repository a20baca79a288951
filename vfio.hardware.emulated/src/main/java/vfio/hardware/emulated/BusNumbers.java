// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

/**
 * The buses behind a bridge, in its domain.
 *
 * @param secondary the bus directly behind it, 1 to 255
 * @param subordinate the highest bus behind it, secondary to 255
 */
public record BusNumbers(int secondary, int subordinate) {

    public BusNumbers {
        if (secondary < 1 || subordinate < secondary || subordinate > 255) {
            throw new IllegalArgumentException("no bus numbers: secondary %02x, subordinate %02x; 01 to ff in this order "
                    .formatted(secondary, subordinate) + "are expected");
        }
    }

    /** Tells whether {@code bus} is reached through the bridge. */
    public boolean contains(int bus) {
        return bus >= secondary && bus <= subordinate;
    }
}
