// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import vfio.core.VfioException;

/**
 * The description of a device ({@code struct vfio_device_info}, uapi/linux/vfio.h).
 *
 * @param flags {@link #RESET} and the flag of the device's kind; {@link #CAPS} is added where there are capabilities
 * @param regions the number of region indices
 * @param irqs the number of interrupt indices
 */
public record DeviceInfo(int flags, int regions, int irqs, List<InfoCapability> capabilities) {
    /** The device can be reset. */
    public static final int RESET = 1;
    public static final int PCI = 1 << 1;
    public static final int PLATFORM = 1 << 2;
    public static final int AMBA = 1 << 3;
    public static final int CCW = 1 << 4;
    public static final int AP = 1 << 5;
    public static final int FSL_MC = 1 << 6;
    public static final int CAPS = 1 << 7;
    public static final int CDX = 1 << 8;

    /** Ids of device capabilities: 1 to 4 are those of s390's zPCI (uapi/linux/vfio_zdev.h). */
    public static final int CAP_ZPCI_BASE = 1;
    public static final int CAP_ZPCI_GROUP = 2;
    public static final int CAP_ZPCI_UTIL = 3;
    public static final int CAP_ZPCI_PFIP = 4;
    /** AtomicOps that the device and its root port complete: 32 flags, the first for operands of 32, 64, 128 bits. */
    public static final int CAP_PCI_ATOMIC_COMP = 5;

    /** The number of bytes of the struct with cap_offset; 16 are enough to ask. */
    private static final int SIZE = 24;
    private static final int LEAST = 16;
    /** The end of older kernels' struct, which has no padding: the capabilities of such a kernel begin here. */
    private static final int CAPABILITIES = 20;

    public DeviceInfo {
        capabilities = List.copyOf(capabilities);
        flags = capabilities.isEmpty() ? flags & ~CAPS : flags | CAPS;
    }

    /**
     * Reads the answer of VFIO_DEVICE_GET_INFO, little-endian.
     *
     * @param bytes the answer, from the buffer's position on
     * @throws VfioException EMSGSIZE where the device has capabilities that did not fit: ask again, with as many bytes as
     *     {@link InfoCapability#needed}; EIO where the bytes make no sense
     */
    public static DeviceInfo decode(ByteBuffer bytes) {
        ByteBuffer struct = InfoLayout.checked(bytes, LEAST);
        int regions = InfoLayout.counted(struct.getInt(8), "regions");
        int irqs = InfoLayout.counted(struct.getInt(12), "interrupt indices");
        boolean chained = (struct.getInt(4) & CAPS) != 0;
        return new DeviceInfo(struct.getInt(4), regions, irqs,
                chained ? InfoLayout.capabilities(bytes, struct, 16, CAPABILITIES) : List.of());
    }

    /**
     * Writes the answer of VFIO_DEVICE_GET_INFO, little-endian.
     *
     * @param argsz the asker's, unsigned
     * @return argsz bytes at the most, without capabilities where the capabilities do not fit
     * @throws VfioException EINVAL for an argsz below 16
     */
    public ByteBuffer encode(int argsz) {
        ByteBuffer struct = InfoLayout.struct(SIZE, LEAST, argsz, capabilities);
        struct.putInt(4, flags).putInt(8, regions).putInt(12, irqs);
        return InfoLayout.chained(struct, 16, SIZE, argsz, capabilities);
    }

    /** Returns the first capability of an id. */
    public Optional<InfoCapability> capability(int id) {
        return capabilities.stream().filter(capability -> capability.id() == id).findFirst();
    }
}
