// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated;

import java.util.Objects;
import java.util.OptionalInt;
import vfio.pci.core.id.PciAddress;

/**
 * A function to be plugged in: a description and a place.
 *
 * @param group IOMMU group; empty for that of the conventional bridge above it, or else one of its own
 * @param numa NUMA node, empty where unknown
 * @param enabledVfs VFs that are enabled at once, 0 to the TotalVFs of the description
 */
public record FunctionSpec(PciAddress address, FunctionDescription description, OptionalInt group, OptionalInt numa,
        int enabledVfs) {

    public FunctionSpec {
        Objects.requireNonNull(address);
        int total = description.totalVfs();
        if (enabledVfs < 0 || enabledVfs > total) {
            throw new IllegalArgumentException(enabledVfs + " VFs enabled at " + address + ", which has " + total);
        }
        if (group.orElse(0) < 0 || numa.orElse(0) < 0) {
            throw new IllegalArgumentException("group and NUMA node of " + address + " must not be negative");
        }
        if (description.isBridge() && description.secondary() <= address.bus()) {
            throw new IllegalArgumentException("the bridge %s leads to bus %02x, which is not below its own: a loop"
                    .formatted(address, description.secondary()));
        }
    }

    /** Makes a function in the group that its place gives, without VFs. */
    public FunctionSpec(PciAddress address, FunctionDescription description) {
        this(address, description, OptionalInt.empty(), OptionalInt.empty(), 0);
    }
}
