// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.nio.ByteBuffer;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.dma.DmaSpace;
import vfio.core.info.InfoCapability;
import vfio.core.iova.DirtyBitmap;
import vfio.core.iova.IovaRange;
import vfio.os.Fd;
import vfio.os.call.NativeBytes;
import vfio.os.call.StructLayout;

/** The translation by a type1 container of the kernel, for the devices of a group; it ends with the container's file. */
final class Type1Translation implements Translation {
    private static final int CAPS = 2;
    private static final int CAP_IOVA_RANGE = 1;
    /** The bytes of the capability before its ranges, and of a range: its first and its last address. */
    private static final int RANGES = 8;
    private static final int RANGE = 16;

    private static final int DIRTY_START = 1;
    private static final int DIRTY_STOP = 2;
    private static final int DIRTY_GET = 4;

    private final Fd container;

    Type1Translation(Fd container) {
        this.container = container;
    }

    private ByteBuffer info() {
        return InfoCall.ask(container, "get the IOMMU's info", VfioAbi.IOMMU_GET_INFO, VfioAbi.IOMMU_INFO);
    }

    /** Returns the addresses that can be mapped; all where the kernel does not say (before 5.4). */
    @Override
    public List<IovaRange> usable() {
        ByteBuffer info = info();
        boolean told = (info.getInt(VfioAbi.IOMMU_INFO.offset("flags")) & CAPS) != 0;
        int offset = VfioAbi.IOMMU_INFO.offset("cap_offset");
        List<InfoCapability> all = told ? InfoCapability.decode(info, offset, VfioAbi.IOMMU_INFO.size()) : List.of();
        return all.stream().filter(one -> one.id() == CAP_IOVA_RANGE).findFirst()
                .map(one -> IovaRangeList.of(one.payload(), RANGES, (one.payload().remaining() - RANGES) / RANGE,
                        one.payload().getInt(0)))
                .orElse(List.of(IovaRange.ALL));
    }

    @Override
    public long alignment() {
        return Long.lowestOneBit(info().getLong(VfioAbi.IOMMU_INFO.offset("iova_pgsizes")));
    }

    @Override
    public void map(long address, long iova, long size, int access) {
        StructLayout layout = VfioAbi.DMA_MAP;
        NativeBytes struct = layout.allocate();
        int flags = access & (DmaSpace.READ | DmaSpace.WRITE); // the kernel's VFIO_DMA_MAP_FLAG_READ and WRITE
        struct.bytes().putInt(layout.offset("argsz"), layout.size()).putInt(layout.offset("flags"), flags)
                .putLong(layout.offset("vaddr"), address).putLong(layout.offset("iova"), iova)
                .putLong(layout.offset("size"), size);
        // The kernel pins the pages: they stay theirs until the unmap, and the caller keeps the memory until then.
        container.ioctl("map 0x" + Long.toHexString(iova) + "+0x" + Long.toHexString(size), VfioAbi.IOMMU_MAP_DMA, struct);
    }

    @Override
    public long unmap(long iova, long size) {
        StructLayout layout = VfioAbi.DMA_UNMAP;
        NativeBytes struct = layout.allocate();
        struct.bytes().putInt(layout.offset("argsz"), layout.size()).putLong(layout.offset("iova"), iova)
                .putLong(layout.offset("size"), size);
        container.ioctl("unmap 0x" + Long.toHexString(iova), VfioAbi.IOMMU_UNMAP_DMA, struct);
        return struct.bytes().getLong(layout.offset("size"));
    }

    @Override
    public void logDirtyPages(boolean on) {
        StructLayout layout = VfioAbi.DIRTY_BITMAP;
        NativeBytes struct = layout.allocate();
        struct.bytes().putInt(layout.offset("argsz"), layout.size())
                .putInt(layout.offset("flags"), on ? DIRTY_START : DIRTY_STOP);
        container.ioctl(on ? "begin to log dirty pages" : "stop logging dirty pages", VfioAbi.IOMMU_DIRTY_PAGES, struct);
    }

    @Override
    public DirtyBitmap dirtyPages(long iova, long size) {
        String act = "read the dirty pages of 0x" + Long.toHexString(iova) + "+0x" + Long.toHexString(size);
        long page = alignment();
        long pages = size <= 0 ? 0 : (size - 1) / page + 1;
        if (pages == 0 || pages > Integer.MAX_VALUE) {
            throw new VfioException(Errno.EINVAL, act + ": ask for 1 to 2^31 - 1 pages of " + page + " bytes at a time");
        }
        NativeBytes bits = NativeBytes.allocate((int) DirtyBitmap.bytes(pages));
        // The kernel writes as many bits as the range has pages, into memory that the answer is read from.
        container.ioctl(act, VfioAbi.IOMMU_DIRTY_PAGES, question(iova, size, page, bits));
        return DirtyBitmap.of(iova, size, page, bits.bytes());
    }

    private static NativeBytes question(long iova, long size, long page, NativeBytes bits) {
        StructLayout head = VfioAbi.DIRTY_BITMAP;
        StructLayout range = VfioAbi.DIRTY_BITMAP_GET;
        NativeBytes struct = NativeBytes.allocate(head.size() + range.size());
        struct.bytes().putInt(head.offset("argsz"), struct.size()).putInt(head.offset("flags"), DIRTY_GET)
                .putLong(head.size() + range.offset("iova"), iova).putLong(head.size() + range.offset("size"), size)
                .putLong(head.size() + range.offset("bitmap.pgsize"), page)
                .putLong(head.size() + range.offset("bitmap.size"), bits.size())
                .putLong(head.size() + range.offset("bitmap.data"), bits.address());
        return struct;
    }

    @Override
    public void close() {
        container.close();
    }
}
