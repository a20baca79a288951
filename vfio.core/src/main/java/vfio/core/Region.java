// SPDX-License-Identifier: Apache-2.0
package vfio.core;

import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A region as the user of one handle has it. Memory that the core owns is reached after one check of a state word and of the
 * bounds, without a lock, allocation or driver's code; what a driver or a model answers for goes through a gate.
 *
 * <p>Positions count from the region's start. Each call throws {@link VfioException}: ENODEV once the handle is stale;
 * EINVAL where the region cannot be read or written, or the position lies outside (EFAULT in regions that refuse what does
 * not fit as a whole, such as PCI configuration space); EIO where the device's memory is disabled; else what the driver
 * answered.
 */
@ProviderType
public final class Region {
    private final OpenHandle handle;
    private final DeviceRegion region;
    /** All of it, where accesses need no code between; else null. */
    private final Mapping direct;

    Region(OpenHandle handle, DeviceRegion region) {
        this.handle = handle;
        this.region = region;
        direct = region.direct() ? handle.track(region, 0, region.info().size()) : null;
    }

    public RegionInfo info() {
        return region.info();
    }

    public byte read8(long position) {
        return direct != null && direct.reaches(position, Byte.BYTES) ? direct.read8(position) : (byte) read(position, 1);
    }

    public short read16(long position) {
        return direct != null && direct.reaches(position, Short.BYTES) ? direct.get16(position) : (short) read(position, 2);
    }

    public int read32(long position) {
        return direct != null && direct.reaches(position, Integer.BYTES) ? direct.get32(position) : (int) read(position, 4);
    }

    public long read64(long position) {
        return direct != null && direct.reaches(position, Long.BYTES) ? direct.get64(position) : read(position, 8);
    }

    public void write8(long position, byte value) {
        if (direct != null && direct.reaches(position, Byte.BYTES)) {
            direct.write8(position, value);
        } else {
            write(position, 1, value & 0xffL);
        }
    }

    public void write16(long position, short value) {
        if (direct != null && direct.reaches(position, Short.BYTES)) {
            direct.set16(position, value);
        } else {
            write(position, 2, value & 0xffffL);
        }
    }

    public void write32(long position, int value) {
        if (direct != null && direct.reaches(position, Integer.BYTES)) {
            direct.set32(position, value);
        } else {
            write(position, 4, value & 0xffff_ffffL);
        }
    }

    public void write64(long position, long value) {
        if (direct != null && direct.reaches(position, Long.BYTES)) {
            direct.set64(position, value);
        } else {
            write(position, 8, value);
        }
    }

    /**
     * Reads what follows {@code position} into {@code target}, cut at the end of the region, or of the window it is in.
     *
     * @return how many bytes, also how far the buffer's position has moved
     */
    public int read(long position, ByteBuffer target) {
        int count = begin("read", RegionInfo.READ, position, target.remaining());
        if (count == 0) {
            return 0;
        }
        try {
            for (int done = 0; done < count;) {
                int width = piece(position + done, count - done);
                long value = region.read(position + done, width);
                for (int i = 0; i < width; i++) {
                    target.put((byte) (value >>> Byte.SIZE * i));
                }
                done += width;
            }
            return count;
        } finally {
            region.leave();
        }
    }

    /**
     * Writes what {@code source} has left from {@code position} on, cut at the end of the region or window.
     *
     * @return how many bytes, also how far the buffer's position has moved
     */
    public int write(long position, ByteBuffer source) {
        int count = begin("write", RegionInfo.WRITE, position, source.remaining());
        if (count == 0) {
            return 0;
        }
        try {
            for (int done = 0; done < count;) {
                int width = piece(position + done, count - done);
                long value = 0;
                for (int i = 0; i < width; i++) {
                    value |= (source.get() & 0xffL) << Byte.SIZE * i;
                }
                region.write(position + done, width, value);
                done += width;
            }
            return count;
        } finally {
            region.leave();
        }
    }

    /**
     * Maps a part of a region of memory.
     *
     * @param offset a multiple of 4096
     * @param size bytes, more than 0
     * @throws VfioException EINVAL where it cannot be mapped there: see {@link SparseMmap}
     */
    public Mapping map(long offset, long size) {
        handle.ensureOpen("map");
        region.checkMap(offset, size);
        return handle.track(region, offset, size);
    }

    /** The widest aligned piece from there on. */
    private int piece(long position, int left) {
        long aligned = Math.min(Long.lowestOneBit(position | region.widest()), Integer.highestOneBit(left));
        return (int) aligned;
    }

    private long read(long position, int width) {
        exactly("read", RegionInfo.READ, position, width);
        try {
            long value = 0;
            for (int done = 0; done < width;) {
                int piece = piece(position + done, width - done);
                long ones = -1L >>> Long.SIZE - Byte.SIZE * piece;
                value |= (region.read(position + done, piece) & ones) << Byte.SIZE * done;
                done += piece;
            }
            return value;
        } finally {
            region.leave();
        }
    }

    private void write(long position, int width, long value) {
        exactly("write", RegionInfo.WRITE, position, width);
        try {
            for (int done = 0; done < width;) {
                int piece = piece(position + done, width - done);
                long ones = -1L >>> Long.SIZE - Byte.SIZE * piece;
                region.write(position + done, piece, value >>> Byte.SIZE * done & ones);
                done += piece;
            }
        } finally {
            region.leave();
        }
    }

    private void exactly(String act, int flag, long position, int width) {
        if (begin(act, flag, position, width) < width) {
            region.leave();
            throw outside(act, position, width);
        }
    }

    /** Goes through the gate, unless there is nothing to do: answers how many bytes there are to read or write. */
    private int begin(String act, int flag, long position, int count) {
        handle.ensureOpen(act);
        if (count == 0) {
            return 0;
        }
        long left = region.end(position) - position;
        if ((region.info().flags() & flag) == 0 || left == 0 || region.whole() && count > left) {
            throw outside(act, position, count);
        }
        region.enter(act);
        return (int) Math.min(count, left);
    }

    private VfioException outside(String act, long position, int count) {
        return new VfioException(region.whole() ? Errno.EFAULT : Errno.EINVAL, act + " " + count + " bytes at " + position
                + " of " + region.name() + ": it has " + region.info().size() + " bytes and flags "
                + Integer.toHexString(region.info().flags()));
    }
}
