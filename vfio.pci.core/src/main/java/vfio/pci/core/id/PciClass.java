// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

/** Class codes, base class and subclass: {@code PCI_CLASS_*} of {@code include/linux/pci_ids.h} (PCI 3.0 appendix D). */
public final class PciClass {
    /** The bits of a whole class code: base class, subclass and programming interface, a byte each. */
    public static final int CODE_BITS = 0xffffff;

    public static final int DISPLAY_VGA = 0x0300;
    public static final int BRIDGE_HOST = 0x0600;
    public static final int BRIDGE_ISA = 0x0601;
    public static final int BRIDGE_PCI = 0x0604;
    public static final int BRIDGE_CARDBUS = 0x0607;
    /** A PCI-to-PCI bridge that hides part of the bus below; the kernel has no name for the code. */
    public static final int BRIDGE_SEMI_TRANSPARENT = 0x0609;

    private PciClass() {
    }

    /** Returns base class and subclass of a whole class code. */
    public static int of(int classCode) {
        return classCode >>> 8;
    }
}
