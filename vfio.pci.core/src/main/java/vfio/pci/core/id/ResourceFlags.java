// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

/** The flags of a BAR in the sysfs file {@code resource}: {@code IORESOURCE_*} of {@code include/linux/ioport.h}. */
public final class ResourceFlags {
    public static final long IO = 0x100;
    public static final long MEM = 0x200;
    public static final long PREFETCH = 0x2000;
    public static final long READONLY = 0x4000;
    /** The start of the resource is a multiple of its size. */
    public static final long SIZEALIGN = 0x40000;
    /** The BAR and the next one hold one address of 64 bits. */
    public static final long MEM_64 = 0x100000;

    private ResourceFlags() {
    }
}
