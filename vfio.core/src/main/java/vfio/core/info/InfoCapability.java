// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import vfio.core.VfioException;

/**
 * An entry of the capability chain of a device's or region's info ({@code struct vfio_info_cap_header},
 * uapi/linux/vfio.h). A reader skips an entry whose id is unknown to the reader.
 *
 * @param id 16 bits
 * @param version 16 bits
 * @param payload the bytes that follow the 8-byte header, little-endian; read-only
 */
public record InfoCapability(int id, int version, ByteBuffer payload) {

    public InfoCapability {
        payload = ByteBuffer.allocate(payload.remaining()).put(payload.duplicate()).flip().asReadOnlyBuffer();
    }

    /** Makes a capability with a payload of bytes. */
    public InfoCapability(int id, int version, byte... payload) {
        this(id, version, ByteBuffer.wrap(payload));
    }

    /**
     * Reads the capabilities behind an info struct, such as the IOMMU's, whose flags promise some.
     *
     * @param bytes the struct, from the buffer's position on
     * @param offset the offset of the struct's cap_offset
     * @param least the end of the struct, where capabilities can begin
     * @throws VfioException EMSGSIZE where they did not fit: ask again, with as many bytes as {@link #needed}; EIO where the
     *     bytes make no sense
     */
    public static List<InfoCapability> decode(ByteBuffer bytes, int offset, int least) {
        return InfoLayout.capabilities(bytes, InfoLayout.checked(bytes, least), offset, least);
    }

    /**
     * Returns the argsz of an answer: the number of bytes that the info struct takes with its capabilities, whether all of
     * them came or not. The other side may have written any number: the caller bounds the memory that the caller is ready to
     * give.
     *
     * @throws VfioException EIO for an answer, or an argsz, of fewer than 16 bytes
     */
    public static long needed(ByteBuffer bytes) {
        return InfoLayout.needed(bytes);
    }

    /** Returns a view of the payload with a position of its own for each caller. */
    @Override
    public ByteBuffer payload() {
        return payload.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }
}
