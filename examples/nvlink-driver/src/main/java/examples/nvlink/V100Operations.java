// SPDX-License-Identifier: Apache-2.0
package examples.nvlink;

import java.util.List;
import vfio.core.device.ForwardingRegion;
import vfio.core.device.MemoryRegion;
import vfio.core.device.RegionOperations;
import vfio.core.info.InfoCapability;
import vfio.core.info.RegionPart;
import vfio.core.info.RegionType;
import vfio.core.info.SparseMmap;
import vfio.pci.core.Opening;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

/** The operations of the GPU: the core's, and a region more, its memory. */
final class V100Operations extends VfioPciOperations {
    private static final int SIZE = 1 << 20;
    /** The last page, which the firmware keeps for itself. */
    private static final int KEPT = 4096;

    V100Operations(VfioPciDevice device) {
        super(device);
    }

    @Override
    protected void openDevice(Opening opening) {
        opening.addRegion(VfioPciDevice.PCI_VENDOR_TYPE | NvlinkDriver.NVIDIA, RegionType.NVLINK2_RAM, memory());
    }

    /** Memory that users map, but for what the firmware keeps. */
    private RegionOperations memory() {
        return new ForwardingRegion(new MemoryRegion(device().memory("ram", SIZE))) {
            @Override
            public List<InfoCapability> capabilities() {
                return List.of(NvlinkDriver.target(), new SparseMmap(new RegionPart(0, SIZE - KEPT)).capability());
            }
        };
    }
}
