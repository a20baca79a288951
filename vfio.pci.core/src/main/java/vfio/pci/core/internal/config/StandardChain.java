// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import static vfio.pci.core.id.PciRegisters.CAPABILITY_LIST;
import static vfio.pci.core.id.PciRegisters.CAP_LIST_NEXT;
import static vfio.pci.core.id.PciRegisters.CFG_SPACE_SIZE;
import static vfio.pci.core.id.PciRegisters.STATUS;
import static vfio.pci.core.id.PciRegisters.STATUS_CAP_LIST;
import static vfio.pci.core.id.PciRegisters.STD_HEADER_SIZEOF;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/**
 * The walk along the hardware's capabilities, PCI 3.0 section 6.7, that assigns what a user may see and unlinks the
 * rest. The hardware is not trusted: a chain that bends into the header or onto itself ends there, so that it is no
 * longer than the 48 dwords it can lie in.
 */
final class StandardChain {
    private final Shadow shadow;
    private final EnabledFunction function;
    private final Map<Integer, Integer> found;
    private final List<String> warnings;
    private boolean extended;

    /** @param found gets the place of the first capability of each id */
    StandardChain(Shadow shadow, EnabledFunction function, Map<Integer, Integer> found, List<String> warnings) {
        this.shadow = shadow;
        this.function = function;
        this.found = found;
        this.warnings = warnings;
    }

    /** @return whether there may be extended capabilities */
    boolean walk() {
        ConfigSpace hardware = shadow.hardware();
        if ((hardware.read(STATUS, 2) & STATUS_CAP_LIST) == 0) {
            return false;
        }
        BitSet visited = new BitSet();
        int link = CAPABILITY_LIST;
        int start = hardware.read(link, 1) & ~3;
        while (start != 0) {
            if (start < STD_HEADER_SIZEOF || visited.get(start)) {
                warnings.add(String.format("capability chain ends at its bad pointer to 0x%02x", start));
                shadow.set(link, 1, 0);
                break;
            }
            visited.set(start);
            int next = hardware.read(start + CAP_LIST_NEXT, 1);
            if (assign(hardware.read(start, 1), start)) {
                link = start + CAP_LIST_NEXT;
            } else {
                shadow.set(link, 1, next);
            }
            start = next & ~3;
        }
        clearIfEmpty();
        return extended;
    }

    private boolean assign(int id, int start) {
        CapabilityKind kind = StandardCapabilities.kind(id);
        int length = kind.length(shadow.hardware(), start, CFG_SPACE_SIZE);
        if (length == 0) {
            return false;
        }
        int end = start + length;
        Overlaps.warn(shadow, start, end, warnings);
        kind.assign(start, StandardCapabilities.HEADER, end, shadow, function);
        found.putIfAbsent(id, start);
        extended |= StandardCapabilities.announcesExtended(id, shadow.hardware(), start);
        return true;
    }

    private void clearIfEmpty() {
        if (found.isEmpty()) {
            int status = shadow.get(STATUS, 2);
            shadow.set(STATUS, 2, status & ~STATUS_CAP_LIST);
            shadow.set(CAPABILITY_LIST, 1, 0);
        }
    }
}
