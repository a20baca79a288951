// SPDX-License-Identifier: Apache-2.0
package vfio.core.feature;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * The answer to a {@link FeatureRequest}.
 *
 * @param payload what the caller finds behind the header afterwards, little-endian
 * @param attachment the {@link vfio.core.migration.MigrationStream} that goes along, or what another side has for one, or
 *     null: a face puts its own descriptor in the place of the 0 that stands for it in the payload
 */
public record FeatureReply(ByteBuffer payload, Object attachment) {

    public FeatureReply {
        Objects.requireNonNull(payload);
    }

    /** Makes little-endian bytes of 0, to be filled. */
    public static ByteBuffer bytes(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Makes a reply of 64 bits. */
    public static FeatureReply of(long value) {
        return new FeatureReply(bytes(Long.BYTES).putLong(0, value), null);
    }

    /** Makes a reply of the request's payload as it came. */
    public static FeatureReply same(FeatureRequest request) {
        return new FeatureReply(request.payload(), null);
    }
}
