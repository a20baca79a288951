// SPDX-License-Identifier: Apache-2.0
package examples.nvlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import vfio.core.device.RegionOperations;
import vfio.core.info.InfoCapability;
import vfio.core.info.RegionInfo;
import vfio.core.info.RegionType;
import vfio.pci.core.Opening;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

/** The operations of the bridge: the core's, and a region more, the registers of Address Translation Shootdown (ATSD). */
final class Npu2Operations extends VfioPciOperations {

    Npu2Operations(VfioPciDevice device) {
        super(device);
    }

    @Override
    protected void openDevice(Opening opening) {
        opening.addRegion(VfioPciDevice.PCI_VENDOR_TYPE | NvlinkDriver.IBM, RegionType.NVLINK2_ATSD, new AtsdRegisters());
    }

    /** Eight launch registers of 64 bits. There is no memory behind them: users read and write, through this code. */
    private static final class AtsdRegisters implements RegionOperations {
        /** 25 GB/s a lane, as the device tree has it. */
        private static final int LINK_SPEED = 8;

        /** What was last written; several users' threads come at once. */
        private final AtomicLongArray launched = new AtomicLongArray(8);

        @Override
        public long size() {
            return (long) Long.BYTES * launched.length();
        }

        /** Tells the target, and the speed of the link: {@code struct vfio_region_info_cap_nvlink2_lnkspd}. */
        @Override
        public List<InfoCapability> capabilities() {
            ByteBuffer speed = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(0, LINK_SPEED);
            return List.of(NvlinkDriver.target(), new InfoCapability(RegionInfo.CAP_NVLINK2_LNKSPD, 1, speed));
        }

        @Override
        public long read(long position, int width) {
            return launched.get((int) position / Long.BYTES) >>> Byte.SIZE * (position % Long.BYTES);
        }

        /** Launches by a write of 64 bits; the hardware takes no narrower one. */
        @Override
        public void write(long position, int width, long value) {
            if (width == Long.BYTES) {
                launched.set((int) position / Long.BYTES, value);
            }
        }
    }
}
