// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

/**
 * What an interrupt index is ({@code struct vfio_irq_info}, uapi/linux/vfio.h).
 *
 * @param count how many interrupts it has, 0 for none
 */
public record IrqInfo(int index, int flags, int count) {
    public static final int EVENTFD = 1;
    public static final int MASKABLE = 1 << 1;
    /** Masked by the core when it fires, until the user unmasks it. */
    public static final int AUTOMASKED = 1 << 2;
    /** Vectors that are set up cannot be added to; they are given back first. */
    public static final int NORESIZE = 1 << 3;
}
