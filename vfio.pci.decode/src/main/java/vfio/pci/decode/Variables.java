// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import java.util.HashMap;
import java.util.Map;

/** What conditions and lengths may ask for: facts of the function, and the fields of a capability read so far. */
final class Variables {
    private static final String HEADER = "Header";
    private static final String EXPRESS = "Express";
    private final Map<String, Long> values = new HashMap<>();

    /** @param express the port type of the PCI Express capability, -1 without one */
    Variables(int header, int express) {
        values.put(HEADER, (long) header);
        values.put(EXPRESS, (long) express);
    }

    void put(String field, long value) {
        values.putIfAbsent(field, value);
    }

    /** 0 for a field that was not read. */
    long get(String name) {
        return values.getOrDefault(name, 0L);
    }
}
