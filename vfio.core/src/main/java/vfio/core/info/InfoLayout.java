// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The layout that the info structs share (uapi/linux/vfio.h), little-endian: argsz first, and a chain of capabilities behind
 * the struct. The asker states in argsz how many bytes the asker can take; where the whole answer needs more, the answer's
 * argsz states how many.
 */
final class InfoLayout {
    /** The fewest bytes of any info struct. */
    private static final int LEAST = 16;

    private InfoLayout() {
    }

    /**
     * Begins an answer, with room for all.
     *
     * @param known the number of bytes of the struct
     * @param least the fewest bytes that an asker may take
     * @param argsz the asker's, unsigned
     * @throws VfioException EINVAL for an argsz below {@code least}
     */
    static ByteBuffer struct(int known, int least, int argsz, List<InfoCapability> capabilities) {
        if (Integer.compareUnsigned(argsz, least) < 0) {
            throw new VfioException(Errno.EINVAL, "get info: argsz is " + Integer.toUnsignedString(argsz) + "; give "
                    + least + " at least");
        }
        int size = known + CapabilityChain.size(capabilities);
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).putInt(0, argsz);
    }

    /** Adds the capabilities where they fit; else writes the needed number of bytes to argsz. */
    static ByteBuffer chained(ByteBuffer struct, int offset, int known, int argsz,
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

    /** Returns the answer's argsz, as {@link InfoCapability#needed} says. */
    static long needed(ByteBuffer bytes) {
        return Integer.toUnsignedLong(checked(bytes, LEAST).getInt(0));
    }

    /** Returns a view of an answer, as long as argsz and the bytes allow; EIO where that is less than {@code least}. */
    static ByteBuffer checked(ByteBuffer bytes, int least) {
        ByteBuffer struct = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (struct.limit() < least || Integer.compareUnsigned(struct.getInt(0), least) < 0) {
            throw CapabilityChain.broken("it has fewer than " + least + " bytes");
        }
        return struct.limit(least(struct.getInt(0), struct.limit()));
    }

    /** Returns a number that the other side has counted; EIO where it is too large. */
    static int counted(int count, String of) {
        if (count < 0) {
            throw CapabilityChain.broken(Integer.toUnsignedString(count) + " " + of + " are too many");
        }
        return count;
    }

    /** Reads the capabilities of an answer, whose flags promise some, through a view of it. */
    static List<InfoCapability> capabilities(ByteBuffer bytes, ByteBuffer struct, int offset, int least) {
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
