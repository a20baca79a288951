// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_0;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import vfio.pci.core.bus.PciFunction.Bar;

/**
 * The BARs of dumped functions. A dump has addresses and no sizes: a BAR is as large as the dump's text says, or else as
 * its address is aligned, at most up to the next BAR's and 1 MiB (I/O: 256 bytes), 4 KiB (I/O: 32 bytes) without one.
 */
final class DumpedBars {
    private static final long ALL_ONES = 0xffffffffL;
    private static final long MOST = 1 << 20;
    private static final long MOST_IO = 256;
    private static final long LARGEST = 1L << 40;
    private static final long LARGEST_NARROW = 1L << 31;

    private final TreeSet<Long> memory = new TreeSet<>();
    private final TreeSet<Long> ports = new TreeSet<>();

    /** A register that is implemented, as far as its bits tell. */
    private record Base(int index, long address, boolean io, boolean wide, boolean prefetchable) {
    }

    DumpedBars(Collection<DumpedFunction> functions) {
        for (DumpedFunction function : functions) {
            bases(function).forEach(base -> (base.io ? ports : memory).add(base.address));
        }
    }

    /** Returns the BARs of a function, lowest index first. */
    List<Bar> of(DumpedFunction function) {
        return bases(function).stream().map(base -> new Bar(base.index, size(base, function.sizes().get(base.index)),
                base.io, base.wide, base.prefetchable)).toList();
    }

    private static List<Base> bases(DumpedFunction function) {
        int count = switch (function.headerType()) {
            case 0 -> 6;
            case 1 -> 2;
            case 2 -> 1;
            default -> 0;
        };
        List<Base> bases = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long low = function.u32(BASE_ADDRESS_0 + 4 * i);
            boolean io = (low & 1) != 0;
            boolean wide = (low & 7) == 4;
            if (low != 0 && low != ALL_ONES && !(wide && i + 1 == count)) {
                long high = wide ? function.u32(BASE_ADDRESS_0 + 4 * i + 4) << 32 : 0;
                bases.add(new Base(i, high | low & (io ? ~3L : ~0xfL), io, wide, !io && (low & 8) != 0));
            }
            i += wide ? 1 : 0;
        }
        return bases;
    }

    private long size(Base base, Long told) {
        long aligned = base.address == 0 ? Long.MAX_VALUE : Long.lowestOneBit(base.address);
        long most = base.io ? MOST_IO : base.wide ? LARGEST : LARGEST_NARROW;
        long least = base.io ? 4 : 16;
        if (told != null && Long.bitCount(told) == 1 && told >= least
                && told <= Math.min(aligned < 0 ? most : aligned, most)) {
            return told;
        }
        if (base.address == 0) {
            return base.io ? 32 : 4096;
        }
        Long next = (base.io ? ports : memory).higher(base.address);
        long room = next == null ? Long.MAX_VALUE : Long.highestOneBit(next - base.address);
        long size = Math.min(Math.min(aligned < 0 ? MOST : aligned, room), base.io ? MOST_IO : MOST);
        return Math.max(size, least);
    }
}
