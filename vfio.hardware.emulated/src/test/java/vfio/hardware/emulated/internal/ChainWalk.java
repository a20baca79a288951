// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashMap;
import java.util.Map;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/** Walks capability chains as a kernel does: with a bound, and minding where pointers may lead. */
final class ChainWalk {
    private static final int MOST = 48;

    private ChainWalk() {
    }

    /** Id to offset, in the order of the chain. */
    static Map<Integer, Integer> standard(ConfigSpace config) {
        Map<Integer, Integer> found = new LinkedHashMap<>();
        int at = config.read(0x34, 1);
        assertEquals(at != 0, (config.read(6, 2) & 0x10) != 0, "the status bit says whether there is a list");
        while (at != 0) {
            assertTrue(at >= 0x40 && (at & 3) == 0 && found.size() < MOST, "pointer " + at);
            assertNull(found.put(config.read(at, 1), at), "a capability twice");
            at = config.read(at + 1, 1);
        }
        return found;
    }

    /** Id to offset, in the order of the chain. */
    static Map<Integer, Integer> extended(ConfigSpace config) {
        Map<Integer, Integer> found = new LinkedHashMap<>();
        int at = config.size() > 256 && config.read(0x100, 4) != 0 ? 0x100 : 0;
        while (at != 0) {
            assertTrue(at >= 0x100 && (at & 3) == 0 && found.size() < 1024, "pointer " + at);
            int header = config.read(at, 4);
            assertNull(found.put(header & 0xffff, at), "a capability twice");
            assertTrue((header >> 16 & 0xf) != 0, "a version");
            at = header >>> 20;
        }
        return found;
    }
}
