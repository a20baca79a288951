// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.topology;

import static vfio.pci.core.id.PciRegisters.CFG_SPACE_EXP_SIZE;
import static vfio.pci.core.id.PciRegisters.CFG_SPACE_SIZE;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.FunctionSpec;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

/** One function of a dump while it is read. */
final class DumpedFunction {
    static final int MOST = CFG_SPACE_EXP_SIZE;

    private final PciAddress address;
    private final int line;
    private byte[] bytes = new byte[CFG_SPACE_SIZE];
    private final BitSet present = new BitSet();
    private final Map<Integer, Long> sizes = new HashMap<>();

    /**
     * Makes a function without bytes.
     *
     * @param line where it begins in the dump, from 1
     */
    DumpedFunction(PciAddress address, int line) {
        this.address = address;
        this.line = line;
    }

    PciAddress address() {
        return address;
    }

    int line() {
        return line;
    }

    /** Adds a byte; returns false where there is one already. */
    boolean put(int offset, int value) {
        if (present.get(offset)) {
            return false;
        }
        if (offset >= bytes.length) {
            bytes = Arrays.copyOf(bytes, MOST);
        }
        bytes[offset] = (byte) value;
        present.set(offset);
        return true;
    }

    /** Notes the size of a BAR, as the dump's text tells. */
    void size(int bar, long size) {
        sizes.put(bar, size);
    }

    /** Returns the sizes of BARs by index, as far as the dump's text tells them. */
    Map<Integer, Long> sizes() {
        return sizes;
    }

    /** Returns the number of bytes from offset 0 to the first that is missing. */
    int length() {
        return present.nextClearBit(0);
    }

    /** Tells whether these are all bytes of a config space, and none besides. */
    boolean whole() {
        return (length() == CFG_SPACE_SIZE || length() == MOST) && present.cardinality() == length();
    }

    byte[] config() {
        return Arrays.copyOf(bytes, length());
    }

    int u8(int offset) {
        return bytes[offset] & 0xff;
    }

    int u16(int offset) {
        return u8(offset) | u8(offset + 1) << 8;
    }

    long u32(int offset) {
        return u16(offset) | (long) u16(offset + 2) << 16;
    }

    int headerType() {
        return u8(0x0e) & 0x7f;
    }

    /** Returns the ids in config space; a bridge's subsystem, which is in a capability, is left out. */
    DeviceKey key() {
        boolean subsystem = headerType() == 0;
        return new DeviceKey(u16(0x00), u16(0x02), subsystem ? u16(0x2c) : 0, subsystem ? u16(0x2e) : 0,
                u8(0x09) | u16(0x0a) << 8);
    }

    /** Returns the function with these ids and BARs. */
    FunctionSpec spec(DeviceKey key, List<Bar> bars) {
        FunctionDescription.Builder builder = FunctionDescription.builder(key).revision(u8(0x08)).dumped(config())
                .interruptPin(Math.min(4, u8(0x3d)));
        bars.forEach(builder::bar);
        int secondary = u8(0x19);
        // A bridge that firmware has not set up leads nowhere.
        if (headerType() == 1 && secondary > address.bus() && u8(0x1a) >= secondary) {
            builder.bridge(secondary, u8(0x1a));
        }
        return new FunctionSpec(address, builder.build());
    }
}
