// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.util.List;
import java.util.Map;
import vfio.os.call.StructLayout;

/** The numbers and structs of uapi/linux/vfio.h, which are the same on x86-64 and aarch64. */
public final class VfioAbi {
    static final int API_VERSION = 0;
    static final int TYPE1V2 = 3;
    static final int NOIOMMU = 8;
    static final int GROUP_VIABLE = 1;

    static final int GET_API_VERSION = ioctl(0);
    static final int SET_IOMMU = ioctl(2);
    static final int GROUP_GET_STATUS = ioctl(3);
    static final int GROUP_SET_CONTAINER = ioctl(4);
    static final int GROUP_GET_DEVICE_FD = ioctl(6);
    static final int DEVICE_GET_INFO = ioctl(7);
    static final int DEVICE_GET_REGION_INFO = ioctl(8);
    static final int DEVICE_GET_IRQ_INFO = ioctl(9);
    static final int DEVICE_SET_IRQS = ioctl(10);
    static final int DEVICE_RESET = ioctl(11);
    /** A call of a container; the same number is another call of a device. */
    static final int IOMMU_GET_INFO = ioctl(12);
    static final int IOMMU_MAP_DMA = ioctl(13);
    static final int IOMMU_UNMAP_DMA = ioctl(14);
    static final int DEVICE_IOEVENTFD = ioctl(16);
    static final int DEVICE_FEATURE = ioctl(17);
    /** A call of a container. */
    static final int IOMMU_DIRTY_PAGES = ioctl(17);
    static final int HOT_RESET_INFO = ioctl(12);
    static final int HOT_RESET = ioctl(13);
    /** A call of a migration stream's file. */
    static final int MIG_GET_PRECOPY_INFO = ioctl(21);

    static final StructLayout GROUP_STATUS = struct("vfio_group_status", 8).field("argsz", 0).field("flags", 4);
    /** The struct without the padding of Linux 6.6 and later. */
    static final StructLayout DEVICE_INFO = struct("vfio_device_info", 20).field("argsz", 0).field("flags", 4)
            .field("num_regions", 8).field("num_irqs", 12).field("cap_offset", 16);
    static final StructLayout REGION_INFO = struct("vfio_region_info", 32).field("argsz", 0).field("flags", 4)
            .field("index", 8).field("cap_offset", 12).field("size", 16).field("offset", 24);
    static final StructLayout IRQ_INFO = struct("vfio_irq_info", 16).field("argsz", 0).field("flags", 4)
            .field("index", 8).field("count", 12);
    static final StructLayout IOEVENTFD = struct("vfio_device_ioeventfd", 32).field("argsz", 0).field("flags", 4)
            .field("offset", 8).field("data", 16).field("fd", 24);
    /** The struct without the padding of Linux 6.6 and later. */
    static final StructLayout IOMMU_INFO = struct("vfio_iommu_type1_info", 20).field("argsz", 0).field("flags", 4)
            .field("iova_pgsizes", 8).field("cap_offset", 16);
    static final StructLayout DMA_MAP = struct("vfio_iommu_type1_dma_map", 32).field("argsz", 0).field("flags", 4)
            .field("vaddr", 8).field("iova", 16).field("size", 24);
    static final StructLayout DMA_UNMAP = struct("vfio_iommu_type1_dma_unmap", 24).field("argsz", 0).field("flags", 4)
            .field("iova", 8).field("size", 16);
    static final StructLayout DIRTY_BITMAP = struct("vfio_iommu_type1_dirty_bitmap", 8).field("argsz", 0)
            .field("flags", 4);
    /** The struct that follows where the bitmap is asked for. */
    static final StructLayout DIRTY_BITMAP_GET = struct("vfio_iommu_type1_dirty_bitmap_get", 40).field("iova", 0)
            .field("size", 8).field("bitmap.pgsize", 16).field("bitmap.size", 24).field("bitmap.data", 32);
    static final StructLayout FEATURE = struct("vfio_device_feature", 8).field("argsz", 0).field("flags", 4);
    static final StructLayout DMA_LOGGING_CONTROL = struct("vfio_device_feature_dma_logging_control", 24)
            .field("page_size", 0).field("num_ranges", 8).field("ranges", 16);
    static final StructLayout DMA_LOGGING_REPORT = struct("vfio_device_feature_dma_logging_report", 32).field("iova", 0)
            .field("length", 8).field("page_size", 16).field("bitmap", 24);
    /** A struct of Linux 6.2 and later, as its call. */
    static final StructLayout PRECOPY_INFO = struct("vfio_precopy_info", 24).field("argsz", 0).field("flags", 4)
            .field("initial_bytes", 8).field("dirty_bytes", 16);
    static final StructLayout HOT_RESET_STRUCT = struct("vfio_pci_hot_reset", 12).field("argsz", 0).field("flags", 4)
            .field("count", 8).field("group_fds", 12);

    private VfioAbi() {
    }

    /** Returns {@code _IO(VFIO_TYPE, VFIO_BASE + n)}, which has no size and no direction. */
    private static int ioctl(int n) {
        return ';' << 8 | 100 + n;
    }

    private static StructLayout struct(String name, int size) {
        return StructLayout.of("linux/vfio.h", "struct " + name, size);
    }

    /** Returns the numbers by their names in the header. */
    public static Map<String, Integer> numbers() {
        return Map.ofEntries(Map.entry("VFIO_API_VERSION", API_VERSION), Map.entry("VFIO_TYPE1v2_IOMMU", TYPE1V2),
                Map.entry("VFIO_NOIOMMU_IOMMU", NOIOMMU),
                Map.entry("VFIO_GROUP_FLAGS_VIABLE", GROUP_VIABLE), Map.entry("VFIO_GET_API_VERSION", GET_API_VERSION),
                Map.entry("VFIO_SET_IOMMU", SET_IOMMU), Map.entry("VFIO_GROUP_GET_STATUS", GROUP_GET_STATUS),
                Map.entry("VFIO_GROUP_SET_CONTAINER", GROUP_SET_CONTAINER),
                Map.entry("VFIO_GROUP_GET_DEVICE_FD", GROUP_GET_DEVICE_FD),
                Map.entry("VFIO_DEVICE_GET_INFO", DEVICE_GET_INFO),
                Map.entry("VFIO_DEVICE_GET_REGION_INFO", DEVICE_GET_REGION_INFO),
                Map.entry("VFIO_DEVICE_GET_IRQ_INFO", DEVICE_GET_IRQ_INFO),
                Map.entry("VFIO_DEVICE_SET_IRQS", DEVICE_SET_IRQS), Map.entry("VFIO_DEVICE_RESET", DEVICE_RESET),
                Map.entry("VFIO_IOMMU_GET_INFO", IOMMU_GET_INFO),
                Map.entry("VFIO_IOMMU_MAP_DMA", IOMMU_MAP_DMA), Map.entry("VFIO_IOMMU_UNMAP_DMA", IOMMU_UNMAP_DMA),
                Map.entry("VFIO_IOMMU_DIRTY_PAGES", IOMMU_DIRTY_PAGES),
                Map.entry("VFIO_DEVICE_IOEVENTFD", DEVICE_IOEVENTFD), Map.entry("VFIO_DEVICE_FEATURE", DEVICE_FEATURE),
                Map.entry("VFIO_DEVICE_GET_PCI_HOT_RESET_INFO", HOT_RESET_INFO),
                Map.entry("VFIO_DEVICE_PCI_HOT_RESET", HOT_RESET),
                Map.entry("VFIO_MIG_GET_PRECOPY_INFO", MIG_GET_PRECOPY_INFO));
    }

    /** Returns all layouts. */
    public static List<StructLayout> structs() {
        return List.of(GROUP_STATUS, DEVICE_INFO, REGION_INFO, IRQ_INFO, IOEVENTFD, IOMMU_INFO, DMA_MAP, DMA_UNMAP,
                DIRTY_BITMAP, DIRTY_BITMAP_GET, FEATURE, DMA_LOGGING_CONTROL, DMA_LOGGING_REPORT, PRECOPY_INFO,
                HOT_RESET_STRUCT);
    }
}
