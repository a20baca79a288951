// SPDX-License-Identifier: Apache-2.0
package vfio.iommu;

import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.DmaBuffer;
import vfio.core.dma.LockedMemory;
import vfio.core.iova.IovaRange;

/**
 * An address space of an iommufd. Maps and unmaps wait for no other address space. Every call answers ENOENT once it is
 * destroyed. iova, offset and length are unsigned.
 */
public final class Ioas {
    /** Of {@link #map} and {@link #copy}: at the address given, else wherever there is room. */
    public static final int FIXED_IOVA = 1;
    /** Devices may write. */
    public static final int WRITEABLE = 2;
    /** Devices may read. */
    public static final int READABLE = 4;

    private final int id;
    private final IoasMaps maps;

    Ioas(int id, LockedMemory limit) {
        this.id = id;
        maps = new IoasMaps(id, limit);
    }

    /** Returns the id in the iommufd. */
    public int id() {
        return id;
    }

    AddressSpace space() {
        return maps.space;
    }

    IoasMaps maps() {
        return maps;
    }

    /** Returns what iova and length must be multiples of, in bytes. */
    public long alignment() {
        return IovaRange.PAGE;
    }

    /** Returns the addresses that can be mapped, lowest first (IOAS_IOVA_RANGES). */
    public List<IovaRange> iovaRanges() {
        return maps.locked(maps.space::usable);
    }

    /**
     * Returns {@link #iovaRanges()} for a user who has room for {@code room} of them.
     *
     * @throws VfioException EMSGSIZE where there are more
     */
    public List<IovaRange> iovaRanges(int room) {
        List<IovaRange> ranges = iovaRanges();
        if (ranges.size() > room) {
            throw new VfioException(Errno.EMSGSIZE, "get ranges of IOAS " + id + ": there are " + ranges.size()
                    + ", and room for " + room);
        }
        return ranges;
    }

    /**
     * Sets where an address that is not fixed may be; no range allows all (IOAS_ALLOW_IOVAS).
     *
     * @throws VfioException EINVAL where they overlap, are of one address or end before they begin; EADDRINUSE where a part
     *     is reserved
     */
    public void allowIovas(List<IovaRange> ranges) {
        for (int i = 0; i < ranges.size(); i++) {
            IovaRange range = ranges.get(i);
            boolean overlaps = ranges.subList(0, i).stream().anyMatch(one -> one.overlaps(range.first(), range.last()));
            if (overlaps || Long.compareUnsigned(range.first(), range.last()) >= 0) {
                throw maps.refused(Errno.EINVAL, "allow " + range,
                        "it is of one address, ends before it begins, or overlaps another");
            }
        }
        maps.locked(() -> {
            maps.space.allow(ranges);
            return null;
        });
    }

    /**
     * Maps a part of a buffer (IOAS_MAP).
     *
     * @param flags {@link #READABLE}, {@link #WRITEABLE} or both, and {@link #FIXED_IOVA}
     * @param iova where, with FIXED_IOVA
     * @return where it is
     * @throws VfioException EOPNOTSUPP for an unknown flag; EINVAL without rights, for length 0, alignment or a reserved
     *     address; EOVERFLOW past the last address; EEXIST where something is mapped; ENOSPC where there is no room; EFAULT
     *     outside of the buffer or where it is closed; ENOMEM above the limit of locked memory
     */
    public long map(int flags, DmaBuffer buffer, long offset, long length, long iova) {
        checkFlags(flags, "map");
        if (iova == -1L || length == -1L || Long.compareUnsigned(offset + length, offset) < 0) {
            throw maps.refused(Errno.EOVERFLOW, "map", "the range runs past the last address");
        }
        return maps.insert(permissions(flags), (flags & FIXED_IOVA) != 0, buffer, offset, length, iova);
    }

    private void checkFlags(int flags, String act) {
        if ((flags & ~(FIXED_IOVA | WRITEABLE | READABLE)) != 0) {
            throw maps.refused(Errno.EOPNOTSUPP, act, "flags " + Integer.toHexString(flags) + " are not all known");
        }
        if ((flags & (WRITEABLE | READABLE)) == 0) {
            throw maps.refused(Errno.EINVAL, act, "devices may neither read nor write it");
        }
    }

    /**
     * Maps memory of another IOAS, or of this one, at another place; it is pinned once (IOAS_COPY).
     *
     * @param flags as of {@link #map}
     * @return where it is
     * @throws VfioException as {@link #map}; ENOENT where the source is not mapped without a hole; EPERM to write what was
     *     mapped read-only
     */
    public long copy(int flags, Ioas source, long sourceIova, long length, long iova) {
        checkFlags(flags, "copy");
        boolean wraps = length != 0 && Long.compareUnsigned(sourceIova + length - 1, sourceIova) < 0;
        if (length == -1L || iova == -1L || sourceIova == -1L || wraps) {
            throw maps.refused(Errno.EOVERFLOW, "copy", "the range runs past the last address");
        }
        if (length == 0 || ((sourceIova | length) & IovaRange.PAGE - 1) != 0) {
            throw maps.refused(Errno.EINVAL, "copy", "source and length must be multiples of " + IovaRange.PAGE);
        }
        List<Area> pieces = source.maps.shared(sourceIova, length);
        try {
            return maps.insert(permissions(flags), (flags & FIXED_IOVA) != 0, pieces, sourceIova, length, iova);
        } catch (RuntimeException e) {
            AddressSpace.release(pieces);
            throw e;
        }
    }

    /**
     * Unmaps whole mappings (IOAS_UNMAP); 0 with length 2^64 - 1 is everything. When this returns no device reaches them.
     *
     * @return bytes unmapped
     * @throws VfioException ENOENT where a mapping would be split or none is there; EINVAL for length 0; EOVERFLOW past the
     *     last address
     */
    public long unmap(long iova, long length) {
        if (iova == 0 && length == -1L) {
            return maps.clear();
        }
        if (iova == -1L || length == -1L) {
            throw maps.refused(Errno.EOVERFLOW, "unmap", "the range runs past the last address");
        }
        long bytes = maps.unmapWhole(iova, length);
        if (bytes == 0) {
            throw maps.refused(Errno.ENOENT, "unmap", "nothing is mapped there");
        }
        return bytes;
    }

    private static int permissions(int flags) {
        return ((flags & READABLE) != 0 ? Area.READ : 0) | ((flags & WRITEABLE) != 0 ? Area.WRITE : 0);
    }
}
