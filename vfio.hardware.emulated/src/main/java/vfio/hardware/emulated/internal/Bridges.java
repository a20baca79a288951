// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.util.HashMap;
import java.util.Map;
import vfio.hardware.emulated.internal.function.EmulatedFunction;
import vfio.pci.core.id.PciAddress;

/** The bridges that are present, by the bus directly behind each; guarded by the monitor of {@link PresentFunctions}. */
final class Bridges {
    private final Map<Long, EmulatedFunction> bySecondary = new HashMap<>();

    private static long bus(PciAddress place, int bus) {
        return Integer.toUnsignedLong(place.domain()) << 8 | bus;
    }

    /** Adds a function, if it is a bridge. */
    void added(EmulatedFunction function) {
        if (function.description().isBridge()) {
            bySecondary.put(bus(function.address(), function.description().secondary()), function);
        }
    }

    /** Removes a function, if it is a bridge. */
    void removed(EmulatedFunction function) {
        if (function.description().isBridge()) {
            bySecondary.remove(bus(function.address(), function.description().secondary()), function);
        }
    }

    /**
     * Returns the group of the conventional bridge that is highest above a place, or -1. The search ends, for each bridge is
     * on a lower bus than those behind it.
     */
    int groupAbove(PciAddress place) {
        int group = -1;
        for (EmulatedFunction bridge = above(place); bridge != null; bridge = above(bridge.address())) {
            group = bridge.description().conventionalBridge() ? bridge.group() : group;
        }
        return group;
    }

    /** Returns the bridge directly above a place, or null on a root bus. */
    EmulatedFunction above(PciAddress place) {
        return bySecondary.get(bus(place, place.bus()));
    }
}
