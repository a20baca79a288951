// SPDX-License-Identifier: Apache-2.0
package examples.zdev;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;

/**
 * The structs of uapi/linux/vfio_zdev.h, field by field. The values are those of one function: a driver on s390 asks the
 * firmware for them, by the CLP instructions Query PCI Function and Query PCI Function Group.
 */
final class ZpciCapabilities {
    private ZpciCapabilities() {
    }

    /** Tells of the function: {@code struct vfio_device_info_cap_zpci_base}. */
    static InfoCapability base() {
        ByteBuffer base = fields(28);
        base.putLong(0x1_0000_0000L).putLong(0x1_ffff_ffffL); // start_dma, end_dma
        base.putShort((short) 0x7c0).putShort((short) 3).putShort((short) 64); // pchid, vfn, fmb_length
        base.put((byte) 5).put((byte) 0xf1).putInt(0x20000a43); // pft, gid, fh
        return new InfoCapability(DeviceInfo.CAP_ZPCI_BASE, 2, base.flip());
    }

    /** Tells of the function's group: {@code struct vfio_device_info_cap_zpci_group}. */
    static InfoCapability group() {
        ByteBuffer group = fields(34);
        group.putLong(0xffff_ffff_f000_0000L).putLong(0xfee0_0000L).putLong(1); // dasm, msi_addr, flags: refresh
        group.putShort((short) 4000).putShort((short) 128).putShort((short) 1024); // mui, noi, maxstbl
        group.put((byte) 1).put((byte) 0).putShort((short) 64); // version, reserved, imaxstbl
        return new InfoCapability(DeviceInfo.CAP_ZPCI_GROUP, 2, group.flip());
    }

    /** Tells the utility string, in EBCDIC as the firmware has it: {@code struct vfio_device_info_cap_zpci_util}. */
    static InfoCapability util() {
        return sized(DeviceInfo.CAP_ZPCI_UTIL, "ISM 1".getBytes(Charset.forName("IBM1047")));
    }

    /** Tells the path by which the function is attached: {@code struct vfio_device_info_cap_zpci_pfip}. */
    static InfoCapability pfip() {
        return sized(DeviceInfo.CAP_ZPCI_PFIP, (byte) 0x01, (byte) 0x0a, (byte) 0x00, (byte) 0xff);
    }

    private static InfoCapability sized(int id, byte... bytes) {
        return new InfoCapability(id, 1, fields(Integer.BYTES + bytes.length).putInt(bytes.length).put(bytes).flip());
    }

    private static ByteBuffer fields(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
