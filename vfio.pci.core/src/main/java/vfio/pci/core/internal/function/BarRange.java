// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static vfio.pci.core.id.PciRegisters.BASE_ADDRESS_0;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_NORMAL;
import static vfio.pci.core.id.PciRegisters.ROM_ADDRESS;
import static vfio.pci.core.id.PciRegisters.ROM_ADDRESS_MASK;

import java.util.Optional;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.bus.RawHardware;

/**
 * The memory addresses of its bus that a BAR decodes, by the function's own register.
 *
 * @param first the first address
 * @param end the address behind the last
 */
public record BarRange(long first, long end) {
    private static final int FLAGS = 0xf;

    /** Returns the addresses of a BAR; empty for ports, and for a BAR without an address, as every BAR of a VF. */
    static Optional<BarRange> of(PciFunction function, Bar bar) {
        int register = BASE_ADDRESS_0 + 4 * bar.index();
        long low = address(function, register, FLAGS);
        long first = bar.wide() ? low | (long) function.config().read(register + 4, 4) << Integer.SIZE : low;
        return bar.io() ? Optional.empty() : placed(first, bar.size());
    }

    /** Returns the addresses of the expansion ROM; empty for a bridge. */
    private static Optional<BarRange> ofRom(PciFunction function, RawHardware raw) {
        return function.headerType() != HEADER_TYPE_NORMAL ? Optional.empty()
                : placed(address(function, ROM_ADDRESS, ~ROM_ADDRESS_MASK), raw.romSize());
    }

    private static long address(PciFunction function, int register, int flags) {
        return Integer.toUnsignedLong(function.config().read(register, 4) & ~flags);
    }

    private static Optional<BarRange> placed(long first, long size) {
        return first == 0 || size == 0 ? Optional.empty() : Optional.of(new BarRange(first, first + size));
    }

    /** Tells whether a function of a raw bus decodes some of these addresses. */
    public boolean decodedBy(PciFunction function, RawHardware raw) {
        return function.bars().stream().flatMap(bar -> of(function, bar).stream()).anyMatch(this::overlaps)
                || ofRom(function, raw).filter(this::overlaps).isPresent();
    }

    private boolean overlaps(BarRange other) {
        return other.first < end && first < other.end;
    }
}
