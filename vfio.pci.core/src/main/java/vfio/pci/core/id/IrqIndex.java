// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

/** The numbers of the interrupts of a PCI device: {@code VFIO_PCI_*_IRQ_INDEX} of {@code uapi/linux/vfio.h}. */
public final class IrqIndex {
    public static final int INTX = 0;
    public static final int MSI = 1;
    public static final int MSIX = 2;
    /** Signals that the device has reported an error (PCI Express only). */
    public static final int ERR = 3;
    /** Signals that the host asks for the device back. */
    public static final int REQ = 4;
    /** How many indices there are. */
    public static final int NUM_IRQS = 5;

    private IrqIndex() {
    }
}
