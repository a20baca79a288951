// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import java.nio.ByteBuffer;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.id.PciAddress;

/** The memory behind a function's BARs and legacy VGA addresses; each piece is made at its first use. */
final class FunctionMemory {
    /** Index of the memory at legacy VGA addresses, behind those of BARs. */
    private static final int VGA = 6;
    /** Registers and buffers are cleared by a reset; what is larger is a card's memory, which keeps its content. */
    private static final long LARGEST_CLEARED = 1 << 20;

    private final PciAddress address;
    private final RawConfig config;
    private final SharedMemory.Source source;
    /** By BAR index; null before the first use. */
    private SharedMemory[] memory;

    FunctionMemory(PciAddress address, RawConfig config, SharedMemory.Source source) {
        this.address = address;
        this.config = config;
        this.source = source;
    }

    /**
     * Returns the memory behind a BAR of a function that is plugged in.
     *
     * @throws VfioException ENODEV where the function is unplugged
     */
    synchronized SharedMemory plugged(Bar bar) {
        if (config.unplugged()) {
            throw new VfioException(Errno.ENODEV, "map BAR " + bar.index() + " of " + address + ": it is unplugged");
        }
        return bar(bar);
    }

    /** Returns the memory behind a BAR, of memory or ports. */
    synchronized SharedMemory bar(Bar bar) {
        return piece(bar.index(), "-bar" + bar.index(), bar.size());
    }

    /** Returns the memory at the legacy VGA addresses, from address 0 on. */
    synchronized SharedMemory vga() {
        return piece(VGA, "-vga", RawHardware.VGA_SIZE);
    }

    private SharedMemory piece(int index, String name, long size) {
        if (memory == null) {
            memory = new SharedMemory[VGA + 1];
        }
        if (memory[index] == null) {
            memory[index] = source.allocate(address + name, size);
        }
        return memory[index];
    }

    /** Clears the BARs of at most 1 MiB, as a reset does. */
    synchronized void clear() {
        for (int i = 0; memory != null && i < VGA; i++) {
            if (memory[i] != null && memory[i].size() <= LARGEST_CLEARED) {
                ByteBuffer bytes = memory[i].window(0);
                for (int at = 0; at < bytes.capacity(); at++) {
                    bytes.put(at, (byte) 0);
                }
            }
        }
    }

    /** Gives the memory up; mapped memory stays readable until unreachable. */
    synchronized void close() {
        if (memory != null) {
            for (SharedMemory bar : memory) {
                if (bar != null) {
                    bar.close();
                }
            }
            memory = null;
        }
    }
}
