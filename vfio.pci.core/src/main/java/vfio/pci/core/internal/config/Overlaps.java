// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import java.util.List;

/** Capabilities that claim the same bytes: the later one gets them, as in the kernel, and the operator hears of it. */
final class Overlaps {
    private Overlaps() {
    }

    static void warn(Shadow shadow, int start, int end, List<String> warnings) {
        for (int position = start; position < end; position++) {
            if (shadow.assigned(position)) {
                warnings.add(String.format("capability at 0x%03x overlaps another at 0x%03x", start, position));
                return;
            }
        }
    }
}
