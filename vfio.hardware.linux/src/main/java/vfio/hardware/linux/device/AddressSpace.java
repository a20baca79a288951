// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import vfio.os.Fd;
import vfio.os.NativeBytes;
import vfio.os.StructLayout;

/** What the devices of some groups reach, by a type1 container of the kernel. */
final class AddressSpace implements AutoCloseable {
    private final Fd container;

    AddressSpace(Fd container) {
        this.container = container;
    }

    Fd container() {
        return container;
    }

    /** @param flags 1 for devices to read, 2 to write */
    void map(int flags, long address, long iova, long size) {
        StructLayout layout = VfioAbi.DMA_MAP;
        NativeBytes struct = layout.allocate();
        struct.bytes().putInt(layout.offset("argsz"), layout.size()).putInt(layout.offset("flags"), flags)
                .putLong(layout.offset("vaddr"), address).putLong(layout.offset("iova"), iova)
                .putLong(layout.offset("size"), size);
        container.ioctl("map 0x" + Long.toHexString(iova) + "+0x" + Long.toHexString(size), VfioAbi.IOMMU_MAP_DMA, struct);
    }

    /** @return bytes unmapped */
    long unmap(long iova, long size) {
        StructLayout layout = VfioAbi.DMA_UNMAP;
        NativeBytes struct = layout.allocate();
        struct.bytes().putInt(layout.offset("argsz"), layout.size()).putLong(layout.offset("iova"), iova)
                .putLong(layout.offset("size"), size);
        container.ioctl("unmap 0x" + Long.toHexString(iova), VfioAbi.IOMMU_UNMAP_DMA, struct);
        return struct.bytes().getLong(layout.offset("size"));
    }

    @Override
    public void close() {
        container.close();
    }
}
