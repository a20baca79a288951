// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

import java.util.List;
import java.util.Optional;

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

    public DeviceInfo {
        capabilities = List.copyOf(capabilities);
        flags = capabilities.isEmpty() ? flags & ~CAPS : flags | CAPS;
    }

    /** Returns the first capability of an id. */
    public Optional<InfoCapability> capability(int id) {
        return capabilities.stream().filter(capability -> capability.id() == id).findFirst();
    }
}
