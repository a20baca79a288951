// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.id.RegionIndex;
import vfio.pci.core.internal.config.VirtualConfig;

/** The regions of an open raw function, as the hardware has them. */
final class FunctionRegions {
    private static final long ROM_BIT = 1L << RegionIndex.ROM;
    /** The size in bytes of the range C0000h to DFFFFh, where the firmware has left a copy of a ROM that no BAR decodes. */
    private static final long SHADOW_ROM = 0x20000;

    private final PciFunction function;
    private final RawHardware raw;
    private final MsixTable msix;
    private final int mappable;
    private final Runnable wake;
    private final RegionOperations config;
    private final RegionOperations vga;

    /**
     * Makes the regions at the first open.
     *
     * @param mappable a bit for each BAR that users may map
     * @param vga null for a function without legacy VGA
     * @param wake wakes the function, where its user has let it sleep
     */
    FunctionRegions(PciFunction function, RawHardware raw, MsixTable msix, int mappable, VirtualConfig config,
            RegionOperations vga, Runnable wake) {
        this.function = function;
        this.raw = raw;
        this.msix = msix;
        this.mappable = mappable;
        this.wake = wake;
        this.config = new ConfigRegion(config, wake);
        this.vga = vga == null ? null : new WakingRegion(vga, wake);
    }

    /**
     * Returns the region of an index.
     *
     * @throws VfioException EINVAL where there is no region of this index
     */
    RegionOperations region(int index) {
        if (index >= 0 && index <= RegionIndex.BAR5) {
            RegionOperations bar = bar(index);
            return memory(index) ? bar : new WakingRegion(bar, wake);
        }
        return switch (index) {
            case RegionIndex.ROM -> rom();
            case RegionIndex.CONFIG -> config;
            case RegionIndex.VGA -> vga == null ? missing(index) : vga;
            default -> missing(index);
        };
    }

    private boolean memory(int index) {
        return (ofMemory() >>> index & 1) != 0;
    }

    /**
     * Returns a bit for each BAR of memory and for the ROM; ports answer whether memory is decoded or not, as in do_io_rw.
     */
    long ofMemory() {
        long regions = ROM_BIT;
        for (Bar bar : function.bars()) {
            regions |= bar.io() ? 0 : 1L << bar.index();
        }
        return regions;
    }

    /** Returns a BAR's region, which does not wake the function; of size 0 where the function does not implement the BAR. */
    RegionOperations bar(int index) {
        for (Bar bar : function.bars()) {
            if (bar.index() == index) {
                return BarRegion.of(raw.bar(index), bar, msix, (mappable >>> index & 1) != 0);
            }
        }
        return EmptyRegion.INSTANCE;
    }

    /** Returns the size in bytes that the expansion ROM BAR of a function shows its user; 0 without one. */
    static long romSize(RawHardware raw) {
        return raw.romSize() == 0 && raw.romShadowed() ? SHADOW_ROM : raw.romSize();
    }

    private RegionOperations rom() {
        RegionOperations image = raw.rom();
        long size = romSize(raw);
        return image == null || size == 0 ? EmptyRegion.INSTANCE : new RomRegion(image, size);
    }

    private RegionOperations missing(int index) {
        throw new VfioException(Errno.EINVAL, "open region " + index + " of " + function.address() + ": it has no "
                + (index == RegionIndex.VGA ? "VGA" : "such region"));
    }

    /** Returns a driver's region, which wakes the function. */
    RegionOperations added(RegionOperations region) {
        return new WakingRegion(region, wake);
    }
}
