// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

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
}
