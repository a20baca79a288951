// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.CFG_SPACE_SIZE;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/**
 * The walk along the hardware's extended capabilities, PCIe 6.0 section 7.6.3. What is hidden is unlinked, but the
 * first: it is where a user starts, so it stays as a header without id whose next is kept.
 */
final class ExtendedChain {
    private static final int NONE = -1;
    private static final int NEXT = 0xffc00000;

    private final Shadow shadow;
    private final EnabledFunction function;
    private final Map<Integer, Integer> found;
    private final List<String> warnings;

    /** @param found gets the place of the first capability of each id */
    ExtendedChain(Shadow shadow, EnabledFunction function, Map<Integer, Integer> found, List<String> warnings) {
        this.shadow = shadow;
        this.function = function;
        this.found = found;
        this.warnings = warnings;
    }

    void walk() {
        ConfigSpace hardware = shadow.hardware();
        if (hardware.size() <= CFG_SPACE_SIZE || hardware.read(CFG_SPACE_SIZE, 4) == 0) {
            return;
        }
        BitSet visited = new BitSet();
        int last = CFG_SPACE_SIZE;
        int start = CFG_SPACE_SIZE;
        while (start != 0) {
            if (start < CFG_SPACE_SIZE || start >= hardware.size() || visited.get(start)) {
                warnings.add(String.format("extended capability chain ends at its bad pointer to 0x%03x", start));
                link(last, 0);
                break;
            }
            visited.set(start);
            int header = hardware.read(start, 4);
            int next = (header & NEXT) >>> 20;
            if (shows(header, start)) {
                last = start;
            } else {
                link(last, next);
            }
            start = next;
        }
        if (found.isEmpty()) {
            shadow.set(CFG_SPACE_SIZE, 4, 0);
        }
    }

    /**
     * Tells whether a user finds something at {@code start}: the capability, or where the first is hidden its header without
     * an id.
     */
    private boolean shows(int header, int start) {
        if (assign(header & 0xffff, start)) {
            return true;
        }
        if (start == CFG_SPACE_SIZE) {
            blank(start, header);
        }
        return start == CFG_SPACE_SIZE;
    }

    private boolean assign(int id, int start) {
        CapabilityKind kind = ExtendedCapabilities.kind(id);
        int length = kind.length(shadow.hardware(), start, shadow.size());
        if (length == 0) {
            return false;
        }
        int end = start + length;
        Overlaps.warn(shadow, start, end, warnings);
        kind.assign(start, ExtendedCapabilities.HEADER, end, shadow, function);
        found.putIfAbsent(id, start);
        return true;
    }

    private void blank(int start, int header) {
        CapabilityKind.of(NONE, ExtendedCapabilities.HEADER)
                .assign(start, ExtendedCapabilities.HEADER, start + ExtendedCapabilities.HEADER, shadow, function);
        shadow.set(start, 4, header & NEXT);
    }

    private void link(int from, int to) {
        shadow.set(from, 4, shadow.get(from, 4) & ~NEXT | to << 20);
    }
}
