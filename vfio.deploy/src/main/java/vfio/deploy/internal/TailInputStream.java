// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/** Remembers the last bytes that were read: whether a zip inside another ends as it should is known once it is over. */
final class TailInputStream extends InputStream {
    private final InputStream in;
    private final byte[] ring = new byte[ZipEnd.TAIL];
    private long total;

    TailInputStream(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int n = in.read(target, offset, length);
        for (int i = 0; i < n; i++) {
            ring[(int) (total++ % ring.length)] = target[offset + i];
        }
        return n;
    }

    /** The end of the zip that has been read, all of it. */
    Optional<ZipEnd> end() {
        ByteBuffer tail = ByteBuffer.allocate((int) Math.min(total, ring.length)).order(ByteOrder.LITTLE_ENDIAN);
        for (long at = total - tail.limit(); at < total; at++) {
            tail.put(ring[(int) (at % ring.length)]);
        }
        return ZipEnd.of(tail, total);
    }
}
