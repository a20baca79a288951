// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.fake;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciFunction.ConfigSpace;

/** Configuration space of hardware whose every byte a test lays out: what it holds and what a write changes or clears. */
public final class HardwareImage implements ConfigSpace {
    public final byte[] values;
    public final byte[] writable;
    public final byte[] clearable;
    /** Every write, as {@code position+width=value} in hex. */
    public final List<String> writes = new ArrayList<>();
    /** Whether a VPD transfer ends. */
    public boolean vpdAnswers = true;
    /** What VPD holds at an aligned address. */
    public IntUnaryOperator vpdData = address -> 0x44332211;
    /** Positions at which the bus fails. */
    public IntPredicate broken = position -> false;
    /** Told of each write before it happens. */
    public volatile OnWrite onWrite = (offset, width, value) -> { };
    private int link = 0x34;
    private int place = 0x40;
    private int lastExtended;
    private int extendedPlace = 0x100;
    private int vpd;

    /** What a test does at a write. */
    public interface OnWrite {
        void write(int offset, int width, int value);
    }

    public HardwareImage(int size) {
        values = new byte[size];
        writable = new byte[size];
        clearable = new byte[size];
        u16(0x00, 0x15b3).u16(0x02, 0x101e).u16(0x06, 0x0010).u8(0x08, 1).u16(0x2c, 0x15b3).u16(0x2e, 0x0051);
        u8(0x0c, 0x10).rw(0x0c, 1, 0xff).rw(0x0d, 1, 0xff).rw(0x0f, 1, 0xff);
        u16(0x04, 0x0003).rw(0x04, 2, 0x0547);
        clear(0x06, 2, 0xf900);
        u8(0x3c, 11).rw(0x3c, 1, 0xff).u8(0x3d, 1).u8(0x3e, 5).u8(0x3f, 6);
    }

    public HardwareImage u8(int at, int value) {
        values[at] = (byte) value;
        return this;
    }

    public HardwareImage u16(int at, int value) {
        return u8(at, value).u8(at + 1, value >>> 8);
    }

    public HardwareImage u32(int at, int value) {
        return u16(at, value).u16(at + 2, value >>> 16);
    }

    public HardwareImage rw(int at, int width, int mask) {
        for (int i = 0; i < width; i++) {
            writable[at + i] = (byte) (mask >>> 8 * i);
        }
        return this;
    }

    public HardwareImage clear(int at, int width, int mask) {
        for (int i = 0; i < width; i++) {
            clearable[at + i] = (byte) (mask >>> 8 * i);
        }
        return this;
    }

    /** Appends a capability to the chain of the first 256 bytes; its bytes come after id and next. */
    public int standard(int id, int... bytes) {
        int at = place;
        u8(link, at).u8(at, id).u8(at + 1, 0);
        for (int i = 0; i < bytes.length; i++) {
            u8(at + 2 + i, bytes[i]);
        }
        link = at + 1;
        place = at + 2 + bytes.length + 3 & ~3;
        vpd = id == 0x03 ? at : vpd;
        return at;
    }

    /** Appends a capability to the extended chain; its bytes come after the header. */
    public int extended(int id, int... bytes) {
        int at = extendedPlace;
        if (lastExtended != 0) {
            u32(lastExtended, get(lastExtended, 4) | at << 20);
        }
        u32(at, id | 1 << 16);
        for (int i = 0; i < bytes.length; i++) {
            u8(at + 4 + i, bytes[i]);
        }
        lastExtended = at;
        extendedPlace = at + 4 + bytes.length + 3 & ~3;
        return at;
    }

    /** Leaves bytes to no capability. */
    public void skip(int bytes) {
        place += bytes;
    }

    public void skipExtended(int bytes) {
        extendedPlace += bytes;
    }

    /** {@code length} zero bytes with some little-endian words set: pairs of offset and value. */
    public static int[] body(int length, int... offsetsAndWords) {
        int[] bytes = new int[length];
        for (int i = 0; i < offsetsAndWords.length; i += 2) {
            bytes[offsetsAndWords[i]] = offsetsAndWords[i + 1] & 0xff;
            bytes[offsetsAndWords[i] + 1] = offsetsAndWords[i + 1] >>> 8 & 0xff;
        }
        return bytes;
    }

    public int get(int at, int width) {
        int value = 0;
        for (int i = width - 1; i >= 0; i--) {
            value = value << 8 | values[at + i] & 0xff;
        }
        return value;
    }

    @Override
    public int size() {
        return values.length;
    }

    @Override
    public synchronized int read(int offset, int width) {
        check(offset);
        return get(offset, width);
    }

    @Override
    public synchronized void write(int offset, int width, int value) {
        check(offset);
        onWrite.write(offset, width, value);
        writes.add("%x+%d=%x".formatted(offset, width, value));
        for (int i = 0; i < width; i++) {
            int at = offset + i;
            int wrote = value >>> 8 * i & 0xff;
            int kept = values[at] & ~writable[at] | wrote & writable[at];
            values[at] = (byte) (kept & ~(wrote & clearable[at]));
        }
        if (vpd != 0 && offset <= vpd + 3 && offset + width > vpd + 3 && vpdAnswers) {
            boolean store = (value & 0x8000) != 0;
            if (!store) {
                u32(vpd + 4, vpdData.applyAsInt(get(vpd + 2, 2)));
            }
            u16(vpd + 2, value ^ 0x8000);
        }
    }

    private void check(int offset) {
        if (broken.test(offset)) {
            throw new VfioException(Errno.EIO, "nothing answers at " + offset);
        }
    }

    public byte[] copy() {
        return Arrays.copyOf(values, values.length);
    }
}
