// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.util.List;
import java.util.Map;
import vfio.os.call.StructLayout;

/**
 * The numbers and structs of uapi/linux/iommufd.h of Linux 6.6, and of the calls that bind a device to an iommufd. They are
 * the same on x86-64 and aarch64.
 */
public final class IommufdAbi {
    static final int DESTROY = ioctl(0x80);
    static final int IOAS_ALLOC = ioctl(0x81);
    static final int IOAS_IOVA_RANGES = ioctl(0x84);
    static final int IOAS_MAP = ioctl(0x85);
    static final int IOAS_UNMAP = ioctl(0x86);
    static final int DEVICE_BIND = ioctl(118);
    static final int DEVICE_ATTACH = ioctl(119);

    static final int MAP_FIXED_IOVA = 1;
    static final int MAP_WRITEABLE = 2;
    static final int MAP_READABLE = 4;

    static final StructLayout IOMMU_DESTROY = iommufd("iommu_destroy", 8).field("size", 0).field("id", 4);
    static final StructLayout ALLOC = iommufd("iommu_ioas_alloc", 12).field("size", 0).field("flags", 4)
            .field("out_ioas_id", 8);
    static final StructLayout IOVA_RANGES = iommufd("iommu_ioas_iova_ranges", 32).field("size", 0).field("ioas_id", 4)
            .field("num_iovas", 8).field("allowed_iovas", 16).field("out_iova_alignment", 24);
    static final StructLayout RANGE = iommufd("iommu_iova_range", 16).field("start", 0).field("last", 8);
    static final StructLayout MAP = iommufd("iommu_ioas_map", 40).field("size", 0).field("flags", 4).field("ioas_id", 8)
            .field("user_va", 16).field("length", 24).field("iova", 32);
    static final StructLayout UNMAP = iommufd("iommu_ioas_unmap", 24).field("size", 0).field("ioas_id", 4).field("iova", 8)
            .field("length", 16);
    static final StructLayout BIND = vfio("vfio_device_bind_iommufd", 16).field("argsz", 0).field("flags", 4)
            .field("iommufd", 8).field("out_devid", 12);
    static final StructLayout ATTACH = vfio("vfio_device_attach_iommufd_pt", 12).field("argsz", 0).field("flags", 4)
            .field("pt_id", 8);

    private IommufdAbi() {
    }

    /** Returns {@code _IO(IOMMUFD_TYPE, n)}; VFIO's calls have the same type. */
    private static int ioctl(int n) {
        return ';' << 8 | n;
    }

    private static StructLayout iommufd(String name, int size) {
        return StructLayout.of("linux/iommufd.h", "struct " + name, size);
    }

    private static StructLayout vfio(String name, int size) {
        return StructLayout.of("linux/vfio.h", "struct " + name, size);
    }

    /** Returns the numbers by their names in the headers. */
    public static Map<String, Integer> numbers() {
        return Map.of("IOMMU_DESTROY", DESTROY, "IOMMU_IOAS_ALLOC", IOAS_ALLOC, "IOMMU_IOAS_IOVA_RANGES", IOAS_IOVA_RANGES,
                "IOMMU_IOAS_MAP", IOAS_MAP, "IOMMU_IOAS_UNMAP", IOAS_UNMAP, "VFIO_DEVICE_BIND_IOMMUFD", DEVICE_BIND,
                "VFIO_DEVICE_ATTACH_IOMMUFD_PT", DEVICE_ATTACH, "IOMMU_IOAS_MAP_FIXED_IOVA", MAP_FIXED_IOVA,
                "IOMMU_IOAS_MAP_WRITEABLE", MAP_WRITEABLE, "IOMMU_IOAS_MAP_READABLE", MAP_READABLE);
    }

    /** Returns all layouts. */
    public static List<StructLayout> structs() {
        return List.of(IOMMU_DESTROY, ALLOC, IOVA_RANGES, RANGE, MAP, UNMAP, BIND, ATTACH);
    }
}
