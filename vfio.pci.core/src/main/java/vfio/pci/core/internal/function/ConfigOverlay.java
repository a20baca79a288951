// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.BitSet;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;

/**
 * The configuration space of the other side with the bytes that a driver has claimed laid over it: this class serves those.
 * It lives as long as the device is open.
 *
 * <p>An access that meets no claimed byte takes no lock and goes to the other side unchanged. Nothing of the other side is
 * called under the lock, which guards the claimed values alone: a dword of them is read and written whole.
 */
final class ConfigOverlay implements RegionOperations {
    private final RegionOperations below;
    private final byte[] values;
    /** The positions of claimed bytes. The set is never changed: a claim makes another. */
    private volatile BitSet claimed = new BitSet();

    ConfigOverlay(RegionOperations below) {
        this.below = below;
        values = new byte[(int) below.size()];
    }

    /**
     * Claims bytes of configuration space, with their first values.
     *
     * @throws VfioException EFAULT where the bytes leave the space
     */
    synchronized void claim(int position, byte... bytes) {
        if (position < 0 || position > values.length - bytes.length) {
            throw new VfioException(Errno.EFAULT, "claim " + bytes.length + " bytes at " + position
                    + " of configuration space: it has " + values.length);
        }
        System.arraycopy(bytes, 0, values, position, bytes.length);
        BitSet more = new BitSet();
        more.or(claimed); // a clone would trim the set that other threads are reading
        more.set(position, position + bytes.length);
        claimed = more;
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

    private static boolean untouched(BitSet ours, int position, int width) {
        int next = ours.nextSetBit(position);
        return next < 0 || next >= position + width;
    }

    /** Reads a piece; where it is claimed in part, the other side is read byte by byte. */
    @Override
    public long read(long position, int width) {
        BitSet ours = claimed;
        int at = (int) position;
        if (untouched(ours, at, width)) {
            return below.read(position, width);
        }
        long value = claimedBytes(ours, at, width);
        for (int i = 0; i < width; i++) {
            if (!ours.get(at + i)) {
                value |= (below.read(position + i, 1) & 0xff) << Byte.SIZE * i;
            }
        }
        return value;
    }

    private synchronized long claimedBytes(BitSet ours, int at, int width) {
        long value = 0;
        for (int i = 0; i < width; i++) {
            value |= ours.get(at + i) ? (values[at + i] & 0xffL) << Byte.SIZE * i : 0;
        }
        return value;
    }

    @Override
    public void write(long position, int width, long value) {
        BitSet ours = claimed;
        int at = (int) position;
        if (untouched(ours, at, width)) {
            below.write(position, width, value);
            return;
        }
        keep(ours, at, width, value);
        for (int i = 0; i < width; i++) {
            if (!ours.get(at + i)) {
                below.write(position + i, 1, value >>> Byte.SIZE * i & 0xff);
            }
        }
    }

    private synchronized void keep(BitSet ours, int at, int width, long value) {
        for (int i = 0; i < width; i++) {
            if (ours.get(at + i)) {
                values[at + i] = (byte) (value >>> Byte.SIZE * i);
            }
        }
    }
}
