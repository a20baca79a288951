// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import vfio.core.Errno;
import vfio.core.RegionOperations;
import vfio.core.VfioException;
import vfio.pci.core.internal.vga.VgaArbiter;

/** Legacy VGA: a window of memory and two of ports, each access under the arbiter's lock (vfio_pci_vga_rw). */
record VgaRegion(RegionOperations legacy, VgaArbiter.Card card) implements RegionOperations {
    private static final int SIZE = 0xc0000;

    @Override
    public long size() {
        return SIZE;
    }

    @Override
    public int widest() {
        return Integer.BYTES;
    }

    @Override
    public long read(long position, int width) {
        boolean memory = check(position, width);
        return card.access(memory, () -> legacy.read(position, width));
    }

    @Override
    public void write(long position, int width, long value) {
        boolean memory = check(position, width);
        card.access(memory, () -> {
            legacy.write(position, width, value);
            return 0;
        });
    }

    /** Whether it is memory. */
    private static boolean check(long position, int width) {
        boolean memory = in(position, width, 0xa0000, 0xbffff);
        if (!memory && !in(position, width, 0x3b0, 0x3bb) && !in(position, width, 0x3c0, 0x3df)) {
            throw new VfioException(Errno.EINVAL, "access VGA at %xh: there are memory a0000h-bffffh and ports 3b0h-3bbh, "
                    .formatted(position) + "3c0h-3dfh");
        }
        return memory;
    }

    private static boolean in(long position, int width, long first, long last) {
        return position >= first && position + width - 1 <= last;
    }
}
