// SPDX-License-Identifier: Apache-2.0
package itest.drivers;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.util.List;
import org.osgi.service.component.annotations.Component;
import vfio.core.DeviceInfo;
import vfio.core.InfoCapability;
import vfio.pci.core.PciBinding;
import vfio.pci.core.PciDeviceId;
import vfio.pci.core.PciDriver;
import vfio.pci.core.PciIds;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

/**
 * A sample of a platform's driver: IBM's internal shared memory device under s390's zPCI, of which the machine knows what
 * configuration space does not tell (uapi/linux/vfio_zdev.h). Its regions lie 256 TiB apart, as in the kernel's ism driver.
 */
@Component
@PciIds(driver = "zdev", overrideOnly = "1014:04ed")
public final class ZdevDriver implements PciDriver {
    private static final int OFFSET_SHIFT = 48;

    @Override
    public PciBinding probe(VfioPciDevice device, PciDeviceId id) {
        return new ZdevOperations(device);
    }

    private static final class ZdevOperations extends VfioPciOperations {
        private ZdevOperations(VfioPciDevice device) {
            super(device);
        }

        @Override
        public int offsetShift() {
            return OFFSET_SHIFT;
        }

        @Override
        protected List<InfoCapability> infoCapabilities() {
            return List.of(base(), group(), util(), path());
        }

        /** What CLP Query PCI Function answers. */
        private InfoCapability base() {
            ByteBuffer base = fields(28);
            base.putLong(0x1_0000_0000L).putLong(0x1_ffff_ffffL); // start_dma, end_dma
            base.putShort((short) 0x7c0).putShort((short) 3).putShort((short) 64); // pchid, vfn, fmb_length
            base.put((byte) 5).put((byte) 0xf1).putInt(0x20000a43); // pft, gid, fh
            return new InfoCapability(DeviceInfo.CAP_ZPCI_BASE, 2, base.flip());
        }

        /** What CLP Query PCI Function Group answers. */
        private InfoCapability group() {
            ByteBuffer group = fields(34);
            group.putLong(0xffff_ffff_f000_0000L).putLong(0xfee0_0000L).putLong(1); // dasm, msi_addr, flags: refresh
            group.putShort((short) 4000).putShort((short) 128).putShort((short) 1024); // mui, noi, maxstbl
            group.put((byte) 1).put((byte) 0).putShort((short) 64); // version, reserved, imaxstbl
            return new InfoCapability(DeviceInfo.CAP_ZPCI_GROUP, 2, group.flip());
        }

        /** The utility string, in the machine's own character set. */
        private InfoCapability util() {
            return sized(DeviceInfo.CAP_ZPCI_UTIL, "ISM 1".getBytes(Charset.forName("IBM1047")));
        }

        /** The path by which the function is attached. */
        private InfoCapability path() {
            return sized(DeviceInfo.CAP_ZPCI_PFIP, (byte) 0x01, (byte) 0x0a, (byte) 0x00, (byte) 0xff);
        }

        private static InfoCapability sized(int id, byte... bytes) {
            return new InfoCapability(id, 1, fields(4 + bytes.length).putInt(bytes.length).put(bytes).flip());
        }

        private static ByteBuffer fields(int size) {
            return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        }
    }
}
