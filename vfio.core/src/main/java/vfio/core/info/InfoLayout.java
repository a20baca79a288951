// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The codec of the answers of VFIO_DEVICE_GET_INFO, GET_REGION_INFO and GET_IRQ_INFO (uapi/linux/vfio.h), little-endian. The
 * asker states in argsz how many bytes the asker can take; where the whole answer needs more, the answer's argsz states how
 * many.
 */
public final class InfoLayout {
    /** The number of bytes of {@code struct vfio_device_info} with cap_offset; 16 are enough to ask. */
    public static final int DEVICE = 24;
    /** The number of bytes of {@code struct vfio_region_info}. */
    public static final int REGION = 32;
    /** The number of bytes of {@code struct vfio_irq_info}. */
    public static final int IRQ = 16;

    private static final int DEVICE_LEAST = 16;
    /** The end of older kernels' device info, which has no padding: the capabilities of such a kernel begin here. */
    private static final int DEVICE_CAPABILITIES = 20;

    private InfoLayout() {
    }

    /**
     * Writes a device's info.
     *
     * @param argsz the asker's argsz, unsigned
     * @return the answer: argsz bytes at the most, without capabilities where the capabilities do not fit
     * @throws VfioException EINVAL for an argsz below 16
     */
    public static ByteBuffer encode(DeviceInfo info, int argsz) {
        ByteBuffer struct = struct(DEVICE, DEVICE_LEAST, argsz, info.capabilities());
        struct.putInt(4, info.flags()).putInt(8, info.regions()).putInt(12, info.irqs());
        return chained(struct, 16, DEVICE, argsz, info.capabilities());
    }

    /**
     * Writes a region's info.
     *
     * @param argsz the asker's argsz, unsigned
     * @return the answer: without capabilities where the capabilities do not fit
     * @throws VfioException EINVAL for an argsz below 32
     */
    public static ByteBuffer encode(RegionInfo info, int argsz) {
        ByteBuffer struct = struct(REGION, REGION, argsz, info.capabilities());
        struct.putInt(4, info.flags()).putInt(8, info.index()).putLong(16, info.size()).putLong(24, info.offset());
        return chained(struct, 12, REGION, argsz, info.capabilities());
    }

    /**
     * Writes an interrupt index's info.
     *
     * @param argsz the asker's argsz, unsigned
     * @throws VfioException EINVAL for an argsz below 16
     */
    public static ByteBuffer encode(IrqInfo info, int argsz) {
        ByteBuffer struct = struct(IRQ, IRQ, argsz, List.of());
        return struct.putInt(4, info.flags()).putInt(8, info.index()).putInt(12, info.count());
    }

    private static ByteBuffer struct(int known, int least, int argsz, List<InfoCapability> capabilities) {
        if (Integer.compareUnsigned(argsz, least) < 0) {
            throw new VfioException(Errno.EINVAL, "get info: argsz is " + Integer.toUnsignedString(argsz) + "; give "
                    + least + " at least");
        }
        int size = known + CapabilityChain.size(capabilities);
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).putInt(0, argsz);
    }

    /** Adds the capabilities where they fit; else writes the needed number of bytes to argsz. */
    private static ByteBuffer chained(ByteBuffer struct, int offset, int known, int argsz,
            List<InfoCapability> capabilities) {
        int needed = struct.capacity();
        if (capabilities.isEmpty()) {
            return struct.limit(least(argsz, known));
        }
        if (Integer.compareUnsigned(argsz, needed) < 0) {
            return struct.putInt(0, needed).limit(least(argsz, known));
        }
        CapabilityChain.write(capabilities, struct.putInt(offset, known), known);
        return struct;
    }

    private static int least(int argsz, int known) {
        return Integer.compareUnsigned(argsz, known) < 0 ? argsz : known;
    }

    /**
     * Reads a device's info.
     *
     * @param bytes the answer, from the buffer's position on
     * @throws VfioException EMSGSIZE where the device has capabilities that did not fit: ask again, with as many bytes as
     *     {@link #needed}; EIO where the bytes make no sense
     */
    public static DeviceInfo device(ByteBuffer bytes) {
        ByteBuffer struct = checked(bytes, DEVICE_LEAST);
        int regions = counted(struct.getInt(8), "regions");
        int irqs = counted(struct.getInt(12), "interrupt indices");
        boolean chained = (struct.getInt(4) & DeviceInfo.CAPS) != 0;
        return new DeviceInfo(struct.getInt(4), regions, irqs,
                chained ? capabilities(bytes, struct, 16, DEVICE_CAPABILITIES) : List.of());
    }

    /**
     * Reads a region's info; {@code bytes} and exceptions as of {@link #device}.
     *
     * @throws VfioException EMSGSIZE, EIO
     */
    public static RegionInfo region(ByteBuffer bytes) {
        ByteBuffer struct = checked(bytes, REGION);
        long size = struct.getLong(16);
        long offset = struct.getLong(24);
        if (size < 0 || offset < 0 || offset > Long.MAX_VALUE - size) {
            throw CapabilityChain.broken("a region of " + Long.toUnsignedString(size) + " bytes at "
                    + Long.toUnsignedString(offset) + " is beyond what a file can have");
        }
        boolean chained = (struct.getInt(4) & RegionInfo.CAPS) != 0;
        return new RegionInfo(struct.getInt(8), struct.getInt(4), size, offset,
                chained ? capabilities(bytes, struct, 12, REGION) : List.of());
    }

    /**
     * Reads an interrupt index's info.
     *
     * @throws VfioException EIO where the bytes make no sense
     */
    public static IrqInfo irq(ByteBuffer bytes) {
        ByteBuffer struct = checked(bytes, IRQ);
        return new IrqInfo(struct.getInt(8), struct.getInt(4), counted(struct.getInt(12), "interrupts"));
    }

    /**
     * Reads the capabilities of another info struct, whose flags promise capabilities.
     *
     * @param bytes the struct, from the buffer's position on
     * @param offset the offset of the struct's cap_offset
     * @param least the end of the struct, where capabilities can begin
     * @throws VfioException EMSGSIZE, EIO as of {@link #device}
     */
    public static List<InfoCapability> capabilities(ByteBuffer bytes, int offset, int least) {
        return capabilities(bytes, checked(bytes, least), offset, least);
    }

    /**
     * Returns the answer's argsz: the number of bytes that the whole answer takes, whether all of them came or not. The other
     * side may have written any number: the caller bounds the memory that the caller is ready to give.
     *
     * @throws VfioException EIO for an answer, or an argsz, of fewer than 16 bytes
     */
    public static long needed(ByteBuffer bytes) {
        return Integer.toUnsignedLong(checked(bytes, IRQ).getInt(0));
    }

    private static ByteBuffer checked(ByteBuffer bytes, int least) {
        ByteBuffer struct = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (struct.limit() < least || Integer.compareUnsigned(struct.getInt(0), least) < 0) {
            throw CapabilityChain.broken("it has fewer than " + least + " bytes");
        }
        return struct.limit(least(struct.getInt(0), struct.limit()));
    }

    private static int counted(int count, String of) {
        if (count < 0) {
            throw CapabilityChain.broken(Integer.toUnsignedString(count) + " " + of + " are too many");
        }
        return count;
    }

    private static List<InfoCapability> capabilities(ByteBuffer bytes, ByteBuffer struct, int offset, int least) {
        long first = struct.limit() < offset + Integer.BYTES ? 0 : Integer.toUnsignedLong(struct.getInt(offset));
        if (first != 0) {
            return CapabilityChain.read(struct, first, least);
        }
        long needed = needed(bytes);
        if (needed > bytes.remaining()) {
            throw new VfioException(Errno.EMSGSIZE, "read an info struct: its capabilities need " + needed + " bytes and "
                    + bytes.remaining() + " were given; ask again with more");
        }
        throw CapabilityChain.broken("it promises capabilities and has none");
    }
}
