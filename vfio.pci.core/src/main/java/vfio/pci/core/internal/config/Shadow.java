// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.config;

import java.util.Arrays;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/**
 * Configuration space byte by byte: the shadow values, which bits are served from them, which a user may change, and
 * whose range a byte is. Filled while the function is enabled and dropped with it. A change of the hardware that
 * keeps some bits is done under the monitor of {@link #hardware()}, a leaf lock.
 */
final class Shadow {
    private final ConfigSpace hardware;
    private final byte[] values;
    private final byte[] virt;
    private final byte[] write;
    private final ConfigRange[] ranges;
    private final ConfigRange unassigned = new PlainRange(this);

    /** Makes a shadow without ranges: reads and writes reach the hardware as they are. */
    Shadow(ConfigSpace hardware) {
        this.hardware = hardware;
        values = new byte[hardware.size()];
        virt = new byte[values.length];
        write = new byte[values.length];
        ranges = new ConfigRange[values.length];
        Arrays.fill(write, (byte) 0xff);
        Arrays.fill(ranges, unassigned);
    }

    ConfigSpace hardware() {
        return hardware;
    }

    int size() {
        return values.length;
    }

    ConfigRange range(int position) {
        return ranges[position];
    }

    boolean assigned(int position) {
        return ranges[position] != unassigned;
    }

    /**
     * Takes the hardware's values. What is already assigned keeps its own, so that an overlap does not undo an
     * unlinked capability.
     */
    void load(int start, int end) {
        for (int position = start; position < end; position++) {
            if (!assigned(position)) {
                values[position] = (byte) hardware.read(position, 1);
            }
        }
    }

    /** Gives bytes to a range, the hardware's and read-only until {@link #permit} says otherwise. */
    void assign(int start, int end, ConfigRange range) {
        Arrays.fill(ranges, start, end, range);
        Arrays.fill(virt, start, end, (byte) 0);
        Arrays.fill(write, start, end, (byte) 0);
    }

    /** Applies a register of the range at {@code start}, as far as that range reaches. */
    void permit(int start, int end, Register register) {
        for (int index = 0; index < register.width(); index++) {
            int position = start + register.offset() + index;
            if (position < end) {
                virt[position] = (byte) (register.virt() >>> 8 * index);
                write[position] = (byte) (register.write() >>> 8 * index);
            }
        }
    }

    /** Returns the shadow's value, whatever of it a user sees. */
    int get(int position, int width) {
        return LittleEndian.get(values, position, width);
    }

    void set(int position, int width, int value) {
        LittleEndian.set(values, position, width, value);
    }

    /** Reads as a user does, by the permissions alone. */
    int read(int position, int width) {
        int served = LittleEndian.get(virt, position, width);
        int shadowed = get(position, width) & served;
        return served == LittleEndian.ones(width) ? shadowed : hardware.read(position, width) & ~served | shadowed;
    }

    /** Writes as a user does, by the permissions alone: bits that may not be changed are dropped. */
    void write(int position, int width, int value) {
        int allowed = LittleEndian.get(write, position, width);
        int served = LittleEndian.get(virt, position, width);
        int kept = get(position, width) & ~(allowed & served);
        set(position, width, kept | value & allowed & served);
        modifyHardware(position, width, allowed & ~served, value);
    }

    /**
     * Changes bits of the hardware in the width of the access, as vfio_default_config_write: what is beside the bits that
     * change is written as it was read, so that a dword that reaches COMMAND clears those bits of STATUS which a one clears.
     */
    private void modifyHardware(int position, int width, int mask, int value) {
        if (mask == 0) {
            return;
        }
        synchronized (hardware) {
            int kept = mask == LittleEndian.ones(width) ? 0 : hardware.read(position, width) & ~mask;
            hardware.write(position, width, kept | value & mask);
        }
    }
}
