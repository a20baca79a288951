// SPDX-License-Identifier: Apache-2.0
package vfio.core.info;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

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

    /** Returns a view of the payload with a position of its own for each caller. */
    @Override
    public ByteBuffer payload() {
        return payload.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }
}
