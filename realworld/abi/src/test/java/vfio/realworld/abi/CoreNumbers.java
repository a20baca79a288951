// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.abi;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Map;
import java.util.TreeMap;
import vfio.core.IrqRequest;
import vfio.core.feature.FeatureRequest;
import vfio.core.feature.Features;
import vfio.core.info.DeviceInfo;
import vfio.core.info.IrqInfo;
import vfio.core.info.RegionInfo;
import vfio.core.info.RegionType;
import vfio.core.migration.MigrationState;
import vfio.iommu.GroupHandle;
import vfio.iommu.Ioas;
import vfio.iommu.Iommufd;

/** The numbers of vfio.core that the kernel has too, by the names that its headers give them. */
final class CoreNumbers {
    private CoreNumbers() {
    }

    static Map<String, Integer> all() {
        Map<String, Integer> all = new TreeMap<>();
        add(all, "VFIO_DEVICE_FLAGS_", DeviceInfo.class);
        add(all, "VFIO_REGION_INFO_FLAG_", RegionInfo.class);
        add(all, "VFIO_IRQ_INFO_", IrqInfo.class);
        add(all, "VFIO_IRQ_SET_", IrqRequest.class);
        add(all, "VFIO_GROUP_FLAGS_", GroupHandle.class);
        add(all, "VFIO_DEVICE_FEATURE_", Features.class);
        add(all, "VFIO_DEVICE_FEATURE_", FeatureRequest.class);
        all.remove("VFIO_DEVICE_FEATURE_DMA_BUF"); // of Linux 6.16
        all.remove("VFIO_DEVICE_FEATURE_HEADER"); // bytes before a feature's data
        add(all, "IOMMU_IOAS_MAP_", Ioas.class);
        for (MigrationState state : MigrationState.values()) {
            all.put("VFIO_DEVICE_STATE_" + state, state.ordinal());
        }
        all.putAll(named());
        return all;
    }

    /** Each constant of a class, by a prefix; those of capabilities have another. */
    private static void add(Map<String, Integer> all, String prefix, Class<?> type) {
        for (Field field : type.getFields()) {
            if (field.getType() == int.class && Modifier.isStatic(field.getModifiers())) {
                String name = (prefix + field.getName()).replace("_FLAGS_CAP_", "_INFO_CAP_").replace("_FLAG_CAP_", "_CAP_");
                try {
                    all.put(name, field.getInt(null));
                } catch (IllegalAccessException e) {
                    throw new AssertionError(field + " cannot be read", e);
                }
            }
        }
    }

    private static Map<String, Integer> named() {
        return Map.ofEntries(Map.entry("IOMMU_HWPT_ALLOC_DIRTY_TRACKING", Iommufd.DIRTY_TRACKING),
                Map.entry("IOMMU_HWPT_DIRTY_TRACKING_ENABLE", Iommufd.DIRTY_TRACKING_ENABLE),
                Map.entry("IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR", Iommufd.NO_CLEAR),
                Map.entry("IOMMU_OPTION_RLIMIT_MODE", Iommufd.OPTION_RLIMIT_MODE),
                Map.entry("IOMMU_OPTION_HUGE_PAGES", Iommufd.OPTION_HUGE_PAGES),
                Map.entry("VFIO_REGION_TYPE_PCI_VENDOR_TYPE", RegionType.PCI_VENDOR),
                Map.entry("VFIO_REGION_TYPE_GFX", RegionType.GFX), Map.entry("VFIO_REGION_TYPE_CCW", RegionType.CCW),
                Map.entry("VFIO_REGION_TYPE_MIGRATION_DEPRECATED", RegionType.MIGRATION_DEPRECATED),
                Map.entry("VFIO_REGION_SUBTYPE_GFX_EDID", RegionType.GFX_EDID),
                Map.entry("VFIO_REGION_SUBTYPE_MIGRATION_DEPRECATED", RegionType.MIGRATION),
                Map.entry("VFIO_REGION_SUBTYPE_INTEL_IGD_OPREGION", RegionType.IGD_OPREGION),
                Map.entry("VFIO_REGION_SUBTYPE_INTEL_IGD_HOST_CFG", RegionType.IGD_HOST_CFG),
                Map.entry("VFIO_REGION_SUBTYPE_INTEL_IGD_LPC_CFG", RegionType.IGD_LPC_CFG));
    }
}
