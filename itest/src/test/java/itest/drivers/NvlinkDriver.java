// SPDX-License-Identifier: Apache-2.0
package itest.drivers;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import org.osgi.service.component.annotations.Component;
import vfio.core.ForwardingRegion;
import vfio.core.InfoCapability;
import vfio.core.MemoryRegion;
import vfio.core.RegionInfo;
import vfio.core.RegionOperations;
import vfio.core.RegionPart;
import vfio.core.RegionType;
import vfio.core.SharedMemory;
import vfio.core.SparseMmap;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDeviceId;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

/**
 * A sample of a vendor's driver with regions of its own: NVLink 2 of POWER9, where a GPU's memory is part of the machine's
 * and the bridge has the registers that flush its translations (drivers/vfio/pci/vfio_pci_nvlink2.c of Linux 5.11).
 */
@Component
@PciIds(driver = "nvlink2", overrideOnly = {"10de:1db1", "1014:04ea"})
public final class NvlinkDriver implements PciDriver {
    private static final int NVIDIA = 0x10de;
    private static final int IBM = 0x1014;
    private static final long TARGET = 0x0000_0400_0000_0000L;
    /** NVLink 2 at 25 GB/s for each lane, as the device tree has it. */
    private static final int LINK_SPEED = 8;

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        boolean gpu = device.function().key().vendor() == NVIDIA;
        return gpu ? new Gpu(device) : new Bridge(device);
    }

    private static ByteBuffer fields(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static InfoCapability target() {
        return new InfoCapability(RegionInfo.CAP_NVLINK2_SSATGT, 1, fields(8).putLong(TARGET).flip());
    }

    /** The graphics card: its memory is mapped, but for the last page, which the firmware keeps for itself. */
    private static final class Gpu extends VfioPciOperations {
        private static final int SIZE = 1 << 20;
        private static final int KEPT = 4096;

        private Gpu(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void openDevice() {
            super.openDevice();
            device().addRegion(RegionType.PCI_VENDOR | NVIDIA, RegionType.NVLINK2_RAM, memory());
        }

        private static RegionOperations memory() {
            return new ForwardingRegion(new MemoryRegion(SharedMemory.ofProcess(SIZE))) {
                @Override
                public List<InfoCapability> capabilities() {
                    return List.of(target(), new SparseMmap(new RegionPart(0, SIZE - KEPT)).capability());
                }
            };
        }
    }

    /** The bridge: registers without memory behind them. */
    private static final class Bridge extends VfioPciOperations {
        private Bridge(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void openDevice() {
            super.openDevice();
            device().addRegion(RegionType.PCI_VENDOR | IBM, RegionType.NVLINK2_ATSD, new Registers());
        }
    }

    /** Eight launch registers of 64 bits, which keep what was last asked for. */
    private static final class Registers implements RegionOperations {
        private final AtomicLongArray launched = new AtomicLongArray(8);

        @Override
        public long size() {
            return (long) Long.BYTES * launched.length();
        }

        @Override
        public List<InfoCapability> capabilities() {
            ByteBuffer speed = fields(4).putInt(LINK_SPEED).flip();
            return List.of(target(), new InfoCapability(RegionInfo.CAP_NVLINK2_LNKSPD, 1, speed));
        }

        @Override
        public long read(long position, int width) {
            return launched.get((int) position / Long.BYTES) >>> Byte.SIZE * (position % Long.BYTES);
        }

        /** A launch is of 64 bits; hardware takes no other. */
        @Override
        public void write(long position, int width, long value) {
            if (width == Long.BYTES) {
                launched.set((int) position / Long.BYTES, value);
            }
        }
    }
}
