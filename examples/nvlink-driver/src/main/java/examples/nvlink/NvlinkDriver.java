// SPDX-License-Identifier: Apache-2.0
package examples.nvlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.osgi.service.component.annotations.Component;
import vfio.core.info.InfoCapability;
import vfio.core.info.RegionInfo;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.id.PciDeviceId;

/**
 * The driver of the two ends of an NVLink 2 of POWER9 (drivers/vfio/pci/vfio_pci_nvlink2.c of Linux 5.11): Nvidia's V100 and
 * the bridge of IBM's NPU2. The memory of that GPU is part of the machine's; the bridge flushes the translations it keeps.
 */
@Component
@PciIds(driver = "nvlink2", overrideOnly = {"10de:1db1", "1014:04ea"})
public final class NvlinkDriver implements PciDriver {
    static final int NVIDIA = 0x10de;
    static final int IBM = 0x1014;
    private static final long TARGET = 0x0000_0400_0000_0000L;

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        boolean gpu = device.function().key().vendor() == NVIDIA;
        return gpu ? new V100Operations(device) : new Npu2Operations(device);
    }

    /**
     * Tells where the GPU's memory lies in the machine's, which pairs the regions of the two ends:
     * {@code struct vfio_region_info_cap_nvlink2_ssatgt}. The kernel takes it from the device tree.
     */
    static InfoCapability target() {
        ByteBuffer target = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, TARGET);
        return new InfoCapability(RegionInfo.CAP_NVLINK2_SSATGT, 1, target);
    }
}
