// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

import java.nio.ByteBuffer;
import java.util.List;
import vfio.core.VfioException;

/**
 * What a hot reset of a function's bus or slot would reset ({@code struct vfio_pci_hot_reset_info}, uapi/linux/vfio.h).
 *
 * @param flags {@link #DEV_ID}, {@link #DEV_ID_OWNED}; 0 for the handle of a group
 * @param dependents every function, the one asked about among them, in address order
 */
public record HotResetInfo(int flags, List<Dependent> dependents) {
    /** Of the flags: the handle was opened directly, ids are those of devices. */
    public static final int DEV_ID = 1;
    /** Of the flags: all are the asker's. */
    public static final int DEV_ID_OWNED = 1 << 1;
    /** An id of a device: it has none of its own, but is the asker's by its group. */
    public static final int OWNED = 0;
    /** An id of a device: it is not the asker's. */
    public static final int NOT_OWNED = -1;

    public HotResetInfo {
        dependents = List.copyOf(dependents);
    }

    /** Returns the number of bytes of the struct for so many functions. */
    public static int bytes(int functions) {
        return HotResetLayout.HEADER + HotResetLayout.ENTRY * functions;
    }

    /**
     * Reads an answer of VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, little-endian; drivers and users are not in it.
     *
     * @param bytes the struct, from the buffer's position on
     * @throws VfioException EMSGSIZE where the functions did not have room: ask again, with what {@code count} says; EINVAL
     *     where this is no such struct
     */
    public static HotResetInfo decode(ByteBuffer bytes) {
        return HotResetLayout.info(bytes);
    }

    /**
     * Answers in the asker's struct: flags, how many functions there are, and as many of them as argsz has room for.
     *
     * @param struct from the buffer's position on; argsz is its first word
     * @throws VfioException EINVAL for an argsz below 12; ENOSPC where not all have room, with everything else answered;
     *     EFAULT where the buffer ends before argsz does; EOVERFLOW for a domain of more than 16 bits, which has no place in
     *     an entry: nothing is answered
     */
    public void encode(ByteBuffer struct) {
        HotResetLayout.answer(this, struct);
    }

    /**
     * Reads a request of VFIO_DEVICE_PCI_HOT_RESET: the groups that it names, by the numbers that its sender has for them.
     *
     * @param bytes the struct, from the buffer's position on
     * @throws VfioException EINVAL for an argsz below 12 or a flag; EFAULT where the buffer ends before the groups do
     */
    public static List<Integer> groups(ByteBuffer bytes) {
        return HotResetLayout.groups(bytes);
    }

    /**
     * One function.
     *
     * @param id its IOMMU group; with {@link #DEV_ID} its id in the asker's iommufd, 1 or more, or {@link #OWNED} or
     *     {@link #NOT_OWNED}
     * @param driver what it is bound to, null for nothing
     * @param users who has it open
     */
    public record Dependent(PciAddress address, int id, String driver, List<String> users) {
        public Dependent {
            users = List.copyOf(users);
        }
    }
}
