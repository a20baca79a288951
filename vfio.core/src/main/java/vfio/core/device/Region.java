// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ProviderType;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.info.RegionInfo;
import vfio.core.info.SparseMmap;

/**
 * A region in the hands of one handle's user. An access to memory that the core owns is one check of a state word and of the
 * bounds, without a lock, allocation or driver's code; an access that a driver or a model answers goes through a gate.
 *
 * <p>Positions count from the region's start. Each call throws {@link VfioException}: ENODEV once the handle is stale; EINVAL
 * where the region cannot be read or written, or the position lies outside (EFAULT in regions that refuse as a whole an
 * access that does not fit, such as PCI configuration space); EIO where the device's memory is disabled; else the errno that
 * the driver answered.
 */
@ProviderType
@CallPath
public final class Region {
    private final RegionOwner handle;
    private final DeviceRegion region;
    private final boolean waits;
    /** A mapping of the whole region, where accesses need no code between; else null. */
    private final Mapping direct;

    Region(RegionOwner handle, DeviceRegion region) {
        this.handle = handle;
        this.region = region;
        waits = handle.waits();
        direct = region.direct() ? handle.track(region, 0, region.info().size()) : null;
    }

    public RegionInfo info() {
        return region.info();
    }

    public byte read8(long position) {
        ByteBuffer memory = near(position, Byte.BYTES);
        return memory != null ? Mapping.get8(memory, (int) position) : (byte) read(position, Byte.BYTES);
    }

    public short read16(long position) {
        ByteBuffer memory = near(position, Short.BYTES);
        return memory != null ? Mapping.get16(memory, (int) position) : (short) read(position, Short.BYTES);
    }

    public int read32(long position) {
        ByteBuffer memory = near(position, Integer.BYTES);
        return memory != null ? Mapping.get32(memory, (int) position) : (int) read(position, Integer.BYTES);
    }

    public long read64(long position) {
        ByteBuffer memory = near(position, Long.BYTES);
        return memory != null ? Mapping.get64(memory, (int) position) : read(position, Long.BYTES);
    }

    public void write8(long position, byte value) {
        ByteBuffer memory = near(position, Byte.BYTES);
        if (memory != null) {
            Mapping.set8(memory, (int) position, value);
        } else {
            write(position, Byte.BYTES, value & 0xffL);
        }
    }

    public void write16(long position, short value) {
        ByteBuffer memory = near(position, Short.BYTES);
        if (memory != null) {
            Mapping.set16(memory, (int) position, value);
        } else {
            write(position, Short.BYTES, value & 0xffffL);
        }
    }

    public void write32(long position, int value) {
        ByteBuffer memory = near(position, Integer.BYTES);
        if (memory != null) {
            Mapping.set32(memory, (int) position, value);
        } else {
            write(position, Integer.BYTES, value & 0xffff_ffffL);
        }
    }

    public void write64(long position, long value) {
        ByteBuffer memory = near(position, Long.BYTES);
        if (memory != null) {
            Mapping.set64(memory, (int) position, value);
        } else {
            write(position, Long.BYTES, value);
        }
    }

    /**
     * Reads the bytes from {@code position} on into {@code target}, up to the end of the region or of the position's window.
     *
     * @return the number of bytes read, by which the buffer's position has moved
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
     * Writes the rest of {@code source} from {@code position} on, up to the end of the region or of the position's window.
     *
     * @return the number of bytes written, by which the buffer's position has moved
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
     * @throws VfioException EINVAL where the part cannot be mapped: see {@link SparseMmap}
     */
    public Mapping map(long offset, long size) {
        handle.ensureOpen("map");
        region.checkMap(offset, size);
        return handle.track(region, offset, size);
    }

    /** Returns the memory, where an access may be made at once; else null. */
    private ByteBuffer near(long position, int width) {
        return direct != null ? direct.near(position, width) : null;
    }

    /** Returns the width in bytes of the widest aligned piece from {@code position} on. */
    private int piece(long position, int left) {
        long aligned = Math.min(Long.lowestOneBit(position | region.widest()), Integer.highestOneBit(left));
        return (int) aligned;
    }

    private long read(long position, int width) {
        if (direct != null && direct.reaches(position, width)) {
            return direct.read(position, width);
        }
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
        if (direct != null && direct.reaches(position, width)) {
            direct.write(position, width, value);
            return;
        }
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
            throw outside(act, flag, position, width);
        }
    }

    /** Enters the gate, unless {@code count} is 0; returns the number of bytes to read or write. */
    private int begin(String act, int flag, long position, int count) {
        handle.ensureOpen(act);
        if (count == 0) {
            return 0;
        }
        long left = region.end(position) - position;
        if ((region.info().flags() & flag) == 0 || left == 0 || region.whole() && count > left) {
            throw outside(act, flag, position, count);
        }
        region.enter(act, waits);
        return (int) Math.min(count, left);
    }

    private VfioException outside(String act, int flag, long position, int count) {
        RegionInfo info = region.info();
        String why = info.size() == 0 ? "there is no such region"
                : (info.flags() & flag) == 0 ? "none of it can be " + (flag == RegionInfo.READ ? "read" : "written")
                : "it has %#x bytes".formatted(info.size());
        return new VfioException(region.whole() ? Errno.EFAULT : Errno.EINVAL,
                "%s %d bytes at %#x of %s: %s".formatted(act, count, position, region.name(), why));
    }
}
