// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import vfio.core.Errno;
import vfio.os.call.NativeBytes;
import vfio.os.internal.libc.NativeCalls;

/** A container's or an address space's translation in a {@link FakeVfio}: what is mapped where. */
final class FakeDma {
    /** Size by first address. */
    final TreeMap<Long, Long> mapped = new TreeMap<>();
    /** Each map, as it was asked for: address of memory and flags. */
    final List<String> asked = new ArrayList<>();
    /** The map after so many answers {@link Errno#ENOSPC}. */
    int room = Integer.MAX_VALUE;
    boolean lies;
    /** Whether a container logs; it knows of nothing that it was not written. */
    boolean logging;

    int map(long address, long iova, long size, int flags) {
        if ((address & 4095) != 0 || (iova & 4095) != 0 || (size & 4095) != 0) {
            return -Errno.EINVAL.number();
        }
        if (mapped.entrySet().stream().anyMatch(one -> one.getKey() < iova + size && iova < one.getKey() + one.getValue())) {
            return -Errno.EEXIST.number();
        }
        if (mapped.size() >= room) {
            return -Errno.ENOSPC.number();
        }
        mapped.put(iova, size);
        asked.add(Integer.toString(flags));
        return 0;
    }

    long unmap(long iova, long size) {
        long done = 0;
        for (Long at : List.copyOf(mapped.subMap(iova, iova + size).keySet())) {
            done += mapped.remove(at);
        }
        return lies ? done - 4096 : done;
    }

    /** Calls of a container, which share their numbers with those of a device. */
    int container(int request, ByteBuffer bytes) {
        if (request == VfioAbi.IOMMU_GET_INFO) {
            boolean fits = bytes.getInt(0) >= 72;
            bytes.putInt(0, 72).putInt(4, 3).putLong(8, 0xfffff000L).putInt(16, fits ? 24 : 0);
            if (fits) {
                bytes.putShort(24, (short) 1).putShort(26, (short) 1).putInt(28, 0).putInt(32, 2)
                        .putLong(40, 0).putLong(48, 0xfedfffffL).putLong(56, 0xfef00000L).putLong(64, -1);
            }
        } else if (request == VfioAbi.IOMMU_MAP_DMA) {
            return map(bytes.getLong(8), bytes.getLong(16), bytes.getLong(24), bytes.getInt(4));
        } else if (request == VfioAbi.IOMMU_UNMAP_DMA) {
            bytes.putLong(16, unmap(bytes.getLong(8), bytes.getLong(16)));
        } else if (request == VfioAbi.IOMMU_DIRTY_PAGES) {
            return dirty(bytes);
        }
        return 0;
    }

    /** The pages of what is mapped in the range, by pages of 4096 bytes. */
    private int dirty(ByteBuffer bytes) {
        int flags = bytes.getInt(4);
        if (flags != 4) {
            logging = flags == 1;
            return bytes.getInt(0) == 8 ? 0 : -Errno.EINVAL.number();
        }
        if (!logging || bytes.getInt(0) != 48 || bytes.getLong(24) != 4096 || bytes.getLong(32) != 8) {
            return -Errno.EINVAL.number();
        }
        long first = bytes.getLong(8);
        long bits = 0;
        for (long page = 0; page < bytes.getLong(16) / 4096; page++) {
            long at = first + page * 4096;
            Map.Entry<Long, Long> below = mapped.floorEntry(at);
            bits |= below != null && at < below.getKey() + below.getValue() ? 1L << page : 0;
        }
        new NativeCalls().mapped(bytes.getLong(40), 8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, bits);
        return 0;
    }

    /** Calls of an iommufd; its one address space is number 2. */
    int iommufd(int request, ByteBuffer bytes) {
        if (request == IommufdAbi.IOAS_ALLOC) {
            bytes.putInt(8, 2);
        } else if (request == IommufdAbi.IOAS_IOVA_RANGES) {
            bytes.putInt(8, 0).putLong(24, 4096);
        } else if (request == IommufdAbi.IOAS_MAP) {
            return map(bytes.getLong(16), bytes.getLong(32), bytes.getLong(24), bytes.getInt(4));
        } else if (request == IommufdAbi.IOAS_UNMAP) {
            long done = unmap(bytes.getLong(8), bytes.getLong(16));
            bytes.putLong(16, done);
            return done == 0 ? -Errno.ENOENT.number() : 0;
        } else if (request == IommufdAbi.DESTROY) {
            mapped.clear();
        }
        return 0;
    }

    static ByteBuffer bytes(Object argument) {
        return argument instanceof NativeBytes struct ? struct.bytes() : null;
    }
}
