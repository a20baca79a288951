// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.id.HotResetInfo.Dependent;

/**
 * VFIO_DEVICE_GET_PCI_HOT_RESET_INFO and VFIO_DEVICE_PCI_HOT_RESET as bytes (uapi/linux/vfio.h), little-endian. A struct
 * begins at its buffer's position, which stays; argsz is its first word.
 */
final class HotResetLayout {
    /** Bytes of both structs before what they count: argsz, flags, count. */
    static final int HEADER = 12;
    /** Bytes of {@code struct vfio_pci_dependent_device}: id u32, segment u16, bus u8, devfn u8. */
    static final int ENTRY = 8;

    private HotResetLayout() {
    }

    /** Answers in the asker's struct, as {@link HotResetInfo#encode} says. */
    static void answer(HotResetInfo info, ByteBuffer bytes) {
        String act = "get hot reset info";
        ByteBuffer struct = struct(bytes, act);
        long argsz = Integer.toUnsignedLong(struct.getInt(0));
        if (argsz > struct.limit()) {
            throw new VfioException(Errno.EFAULT, act + ": argsz is " + argsz + ", and the buffer has " + struct.limit()
                    + " bytes");
        }
        List<Dependent> all = info.dependents();
        all.forEach(one -> segment(one.address()));
        int room = (int) Math.min((argsz - HEADER) / ENTRY, all.size());
        for (int i = 0; i < room; i++) {
            put(struct.position(HEADER + i * ENTRY), all.get(i));
        }
        struct.putInt(4, info.flags()).putInt(8, all.size());
        if (room < all.size()) {
            throw new VfioException(Errno.ENOSPC, act + ": " + all.size() + " functions need "
                    + (HEADER + all.size() * ENTRY) + " bytes, and argsz is " + argsz + "; ask again with more");
        }
    }

    private static void put(ByteBuffer entry, Dependent one) {
        entry.putInt(one.id()).putShort(segment(one.address())).put((byte) one.address().bus())
                .put((byte) one.address().devfn());
    }

    private static short segment(PciAddress address) {
        if (address.domain() >>> Short.SIZE != 0) {
            throw new VfioException(Errno.EOVERFLOW, "get hot reset info: the domain of " + address
                    + " does not fit into the 16 bits of an entry");
        }
        return (short) address.domain();
    }

    /** Reads an answer, as {@link HotResetInfo#decode} says. */
    static HotResetInfo info(ByteBuffer bytes) {
        String act = "read hot reset info";
        ByteBuffer struct = struct(bytes, act);
        long count = Integer.toUnsignedLong(struct.getInt(8));
        long argsz = Math.min(Integer.toUnsignedLong(struct.getInt(0)), struct.limit());
        if (count > (argsz - HEADER) / ENTRY) {
            throw new VfioException(Errno.EMSGSIZE, act + ": " + count + " functions need "
                    + (HEADER + count * ENTRY) + " bytes, and there are " + argsz + "; ask again with more");
        }
        List<Dependent> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int at = HEADER + i * ENTRY;
            int routing = (struct.get(at + 6) & 0xff) << 8 | struct.get(at + 7) & 0xff;
            PciAddress address = new PciAddress(struct.getShort(at + 4) & 0xffff, 0, 0, 0).withRoutingId(routing);
            all.add(new Dependent(address, struct.getInt(at), null, List.of()));
        }
        return new HotResetInfo(struct.getInt(4), all);
    }

    /** Reads a request to reset, as {@link HotResetInfo#groups} says. */
    static List<Integer> groups(ByteBuffer bytes) {
        String act = "hot reset";
        ByteBuffer struct = struct(bytes, act);
        if (struct.getInt(4) != 0) {
            throw new VfioException(Errno.EINVAL, act + ": flags are " + Integer.toHexString(struct.getInt(4))
                    + ", and none is known");
        }
        long count = Integer.toUnsignedLong(struct.getInt(8));
        if (count > (struct.limit() - HEADER) / Integer.BYTES) {
            throw new VfioException(Errno.EFAULT, act + ": " + count + " groups are more than the buffer has");
        }
        List<Integer> groups = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            groups.add(struct.getInt(HEADER + i * Integer.BYTES));
        }
        return groups;
    }

    private static ByteBuffer struct(ByteBuffer bytes, String act) {
        ByteBuffer struct = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (struct.limit() < HEADER || Integer.compareUnsigned(struct.getInt(0), HEADER) < 0) {
            throw new VfioException(Errno.EINVAL, act + ": the struct has fewer than " + HEADER + " bytes");
        }
        return struct;
    }
}
