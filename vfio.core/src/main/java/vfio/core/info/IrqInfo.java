// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

import java.nio.ByteBuffer;
import java.util.List;
import vfio.core.VfioException;

/**
 * The description of an interrupt index ({@code struct vfio_irq_info}, uapi/linux/vfio.h).
 *
 * @param count the number of interrupts of the index, 0 for none
 */
public record IrqInfo(int index, int flags, int count) {
    public static final int EVENTFD = 1;
    public static final int MASKABLE = 1 << 1;
    /** The flag of interrupts that the core masks when they fire, until the user unmasks them. */
    public static final int AUTOMASKED = 1 << 2;
    /** The flag of an index whose vectors are set up all at once: a user gives all back before a user adds some. */
    public static final int NORESIZE = 1 << 3;

    private static final int SIZE = 16;

    /**
     * Reads the answer of VFIO_DEVICE_GET_IRQ_INFO, little-endian.
     *
     * @param bytes the answer, from the buffer's position on
     * @throws VfioException EIO where the bytes make no sense
     */
    public static IrqInfo decode(ByteBuffer bytes) {
        ByteBuffer struct = InfoLayout.checked(bytes, SIZE);
        return new IrqInfo(struct.getInt(8), struct.getInt(4), InfoLayout.counted(struct.getInt(12), "interrupts"));
    }

    /**
     * Writes the answer of VFIO_DEVICE_GET_IRQ_INFO, little-endian.
     *
     * @param argsz the asker's, unsigned
     * @throws VfioException EINVAL for an argsz below 16
     */
    public ByteBuffer encode(int argsz) {
        ByteBuffer struct = InfoLayout.struct(SIZE, SIZE, argsz, List.of());
        return struct.putInt(4, flags).putInt(8, index).putInt(12, count);
    }
}
