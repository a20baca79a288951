// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.info.RegionPart;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.internal.vga.VgaArbiter;

/** The region of legacy VGA: a window of memory and two of ports, each access under the arbiter's lock (vfio_pci_vga_rw). */
record VgaRegion(RegionOperations legacy, VgaArbiter.Card card) implements RegionOperations {
    private static final RegionPart MEMORY = new RegionPart(0xa0000, 0x20000);
    private static final List<RegionPart> WINDOWS =
            List.of(MEMORY, new RegionPart(0x3b0, 0xc), new RegionPart(0x3c0, 0x20));

    @Override
    public long size() {
        return RawHardware.VGA_SIZE;
    }

    @Override
    public int widest() {
        return Integer.BYTES;
    }

    @Override
    public List<RegionPart> windows() {
        return WINDOWS;
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

    /**
     * Tells whether an access is to memory, and refuses one outside the windows, which a driver that wraps the region may let
     * through.
     */
    private static boolean check(long position, int width) {
        if (WINDOWS.stream().noneMatch(window -> in(window, position, width))) {
            throw new VfioException(Errno.EINVAL, "access VGA at %xh: there are memory a0000h-bffffh and ports 3b0h-3bbh, "
                    .formatted(position) + "3c0h-3dfh");
        }
        return in(MEMORY, position, width);
    }

    private static boolean in(RegionPart window, long position, int width) {
        return position >= window.offset() && position + width <= window.end();
    }
}
