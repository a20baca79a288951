// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.BitSet;
import vfio.core.Errno;
import vfio.core.RegionOperations;
import vfio.core.VfioException;

/** A configuration space of the other side of which a driver has claimed bytes: those are served from here. */
final class ConfigOverlay implements RegionOperations {
    private final RegionOperations below;
    private final BitSet claimed = new BitSet();
    private final byte[] values;

    ConfigOverlay(RegionOperations below) {
        this.below = below;
        values = new byte[(int) below.size()];
    }

    /** @throws VfioException EFAULT where they leave the space */
    synchronized void claim(int position, byte... bytes) {
        if (position < 0 || position > values.length - bytes.length) {
            throw new VfioException(Errno.EFAULT, "claim " + bytes.length + " bytes at " + position
                    + " of configuration space: it has " + values.length);
        }
        System.arraycopy(bytes, 0, values, position, bytes.length);
        claimed.set(position, position + bytes.length);
    }

    @Override
    public long size() {
        return below.size();
    }

    @Override
    public int widest() {
        return below.widest();
    }

    @Override
    public boolean whole() {
        return true;
    }

    private boolean untouched(int position, int width) {
        int next = claimed.nextSetBit(position);
        return next < 0 || next >= position + width;
    }

    /** A piece that is claimed in part is read byte by byte. */
    @Override
    public synchronized long read(long position, int width) {
        int at = (int) position;
        if (untouched(at, width)) {
            return below.read(position, width);
        }
        long value = 0;
        for (int i = width - 1; i >= 0; i--) {
            long piece = claimed.get(at + i) ? values[at + i] : below.read(position + i, 1);
            value = value << Byte.SIZE | piece & 0xff;
        }
        return value;
    }

    @Override
    public synchronized void write(long position, int width, long value) {
        int at = (int) position;
        if (untouched(at, width)) {
            below.write(position, width, value);
            return;
        }
        for (int i = 0; i < width; i++) {
            long piece = value >>> Byte.SIZE * i & 0xff;
            if (claimed.get(at + i)) {
                values[at + i] = (byte) piece;
            } else {
                below.write(position + i, 1, piece);
            }
        }
    }
}
