// SPDX-License-Identifier: Apache-2.0
package vfio.core.feature;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * One {@code struct vfio_device_feature} (uapi/linux/vfio.h), as it came; {@link Features#dispatch} says what is wrong with
 * it. A number in the payload that names a file descriptor says only whether there is one: it is the attachment. An array
 * takes the place of the pointer to it.
 */
public final class FeatureRequest {
    /** The feature's number is below. */
    public static final int MASK = 0xffff;
    public static final int GET = 1 << 16;
    public static final int SET = 1 << 17;
    public static final int PROBE = 1 << 18;
    /** Bytes of argsz and flags, which argsz counts. */
    public static final int HEADER = 8;

    private final int argsz;
    private final int flags;
    private final ByteBuffer payload;
    private final Object attachment;

    /**
     * @param argsz unsigned; how many bytes there are for header and payload, that of the reply too
     * @param payload what follows the header, all that has arrived of it
     * @param attachment the {@link vfio.core.EventSignal} that came along, or null
     */
    public FeatureRequest(int argsz, int flags, ByteBuffer payload, Object attachment) {
        this.argsz = argsz;
        this.flags = flags;
        this.payload = Objects.requireNonNull(payload).slice().asReadOnlyBuffer();
        this.attachment = attachment;
    }

    /** Returns the feature's number. */
    public int number() {
        return flags & MASK;
    }

    /** Returns number and operations, as they came. */
    public int flags() {
        return flags;
    }

    /** Returns argsz, unsigned, as it came. */
    public int argsz() {
        return argsz;
    }

    /** Tells whether the request gets; else, once dispatched, it sets. */
    public boolean gets() {
        return (flags & GET) != 0;
    }

    /** Returns how many bytes of payload the caller has room for; below 0 where not even the header fits. */
    public long room() {
        return Integer.toUnsignedLong(argsz) - HEADER;
    }

    /** Returns all of the payload, little-endian. */
    public ByteBuffer payload() {
        return payload.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Returns the payload, little-endian, from its beginning.
     *
     * @throws VfioException EINVAL where fewer than {@code size} bytes have arrived
     */
    public ByteBuffer input(long size) {
        if (payload.remaining() < size) {
            throw refused(Errno.EINVAL, "it needs " + size + " bytes of payload and has " + payload.remaining());
        }
        return payload();
    }

    /** Returns what came along, or null. */
    public Object attachment() {
        return attachment;
    }

    /** Makes the refusal of a request that is wrong. */
    public VfioException refused(Errno errno, String why) {
        return new VfioException(errno, this + ": " + why);
    }

    @Override
    public String toString() {
        return "device feature %d with flags 0x%x and argsz %s".formatted(number(), flags & ~MASK,
                Integer.toUnsignedString(argsz));
    }
}
