// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.lang.ref.Reference;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.DmaSpace;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;
import vfio.os.Fd;
import vfio.os.call.NativeBytes;
import vfio.os.call.StructLayout;

/** The translation by an I/O address space (IOAS) of iommufd, which ends when no device is attached any more. */
final class IoasTranslation implements Translation {
    private static final int ROOM = 64;

    private final Fd iommufd;
    private final int id;

    IoasTranslation(Fd iommufd) {
        this.iommufd = iommufd;
        NativeBytes struct = struct(IommufdAbi.ALLOC);
        iommufd.ioctl("make an address space", IommufdAbi.IOAS_ALLOC, struct);
        id = struct.bytes().getInt(IommufdAbi.ALLOC.offset("out_ioas_id"));
    }

    private static NativeBytes struct(StructLayout layout) {
        NativeBytes struct = layout.allocate();
        struct.bytes().putInt(layout.offset("size"), layout.size());
        return struct;
    }

    /** Returns the number to which devices are attached. */
    int id() {
        return id;
    }

    @Override
    public List<IovaRange> usable() {
        NativeBytes ranges = NativeBytes.allocate(ROOM * IommufdAbi.RANGE.size());
        NativeBytes struct = ranges(ranges, ROOM);
        return IovaRangeList.of(ranges.bytes(), 0, ROOM, struct.bytes().getInt(IommufdAbi.IOVA_RANGES.offset("num_iovas")));
    }

    @Override
    public long alignment() {
        return ranges(NativeBytes.allocate(ROOM * IommufdAbi.RANGE.size()), ROOM).bytes()
                .getLong(IommufdAbi.IOVA_RANGES.offset("out_iova_alignment"));
    }

    private NativeBytes ranges(NativeBytes ranges, int room) {
        StructLayout layout = IommufdAbi.IOVA_RANGES;
        NativeBytes struct = struct(layout);
        // The kernel fills the ranges before it returns, which the caller still has.
        struct.bytes().putInt(layout.offset("ioas_id"), id).putInt(layout.offset("num_iovas"), room)
                .putLong(layout.offset("allowed_iovas"), ranges.address());
        iommufd.ioctl("get the addresses that can be mapped", IommufdAbi.IOAS_IOVA_RANGES, struct);
        Reference.reachabilityFence(ranges);
        return struct;
    }

    @Override
    public void map(long address, long iova, long size, int access) {
        StructLayout layout = IommufdAbi.MAP;
        NativeBytes struct = struct(layout);
        int flags = IommufdAbi.MAP_FIXED_IOVA | ((access & DmaSpace.READ) != 0 ? IommufdAbi.MAP_READABLE : 0)
                | ((access & DmaSpace.WRITE) != 0 ? IommufdAbi.MAP_WRITEABLE : 0);
        struct.bytes().putInt(layout.offset("flags"), flags).putInt(layout.offset("ioas_id"), id)
                .putLong(layout.offset("user_va"), address).putLong(layout.offset("length"), size)
                .putLong(layout.offset("iova"), iova);
        String act = "map 0x" + Long.toHexString(iova) + "+0x" + Long.toHexString(size);
        if ((flags & (IommufdAbi.MAP_READABLE | IommufdAbi.MAP_WRITEABLE)) == 0) {
            throw new VfioException(Errno.EINVAL, act + ": devices may neither read nor write it"); // which iommufd would map
        }
        // The kernel pins the pages: they stay theirs until the unmap, and the caller keeps the memory until then.
        iommufd.ioctl(act, IommufdAbi.IOAS_MAP, struct);
    }

    @Override
    public long unmap(long iova, long size) {
        StructLayout layout = IommufdAbi.UNMAP;
        NativeBytes struct = struct(layout);
        struct.bytes().putInt(layout.offset("ioas_id"), id).putLong(layout.offset("iova"), iova)
                .putLong(layout.offset("length"), size);
        iommufd.ioctl("unmap 0x" + Long.toHexString(iova), IommufdAbi.IOAS_UNMAP, struct);
        return struct.bytes().getLong(layout.offset("length"));
    }

    /** Refuses: a log needs page tables that iommufd makes for few IOMMUs. */
    @Override
    public void logDirtyPages(boolean on) {
        throw noLog("log dirty pages");
    }

    @Override
    public DirtyBitmap dirtyPages(long iova, long size) {
        throw noLog("read dirty pages");
    }

    private static VfioException noLog(String act) {
        return new VfioException(Errno.EOPNOTSUPP, act + ": an address space of iommufd keeps no log; open the function by "
                + "its group, as by setting access to group");
    }

    @Override
    public void close() {
        NativeBytes struct = struct(IommufdAbi.IOMMU_DESTROY);
        struct.bytes().putInt(IommufdAbi.IOMMU_DESTROY.offset("id"), id);
        iommufd.ioctl("end an address space", IommufdAbi.DESTROY, struct);
    }
}
