// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import vfio.core.thread.DaemonThread;

/**
 * A stream that is read as it comes, whether or not its content is taken: a daemon drops a client that does not take its
 * answer, and the pager that shows the answer may rest for an hour. Beyond {@link #MOST} bytes it waits.
 */
final class ReadAhead extends InputStream {
    /** Bytes held: the JSON of 100,000 functions is 40 MB. */
    static final int MOST = 64 << 20;
    private static final int PIECE = 64 * 1024;

    private final Deque<byte[]> pieces = new ArrayDeque<>();
    private int held;
    private int taken;
    private boolean ended;
    private IOException failure;

    /** Reads {@code in} to its end on a thread of its own; closing {@code in} ends that. */
    ReadAhead(InputStream in) {
        DaemonThread.start("read-ahead", () -> fill(in));
    }

    private void fill(InputStream in) {
        IOException last = new IOException("no memory to read ahead, or an error of this program");
        try {
            byte[] buffer = new byte[PIECE];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                add(Arrays.copyOf(buffer, n));
            }
            last = null;
        } catch (IOException e) {
            last = e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            last = new IOException("interrupted", e);
        } finally {
            end(last); // whatever happens, whoever reads must not wait for ever
        }
    }

    private synchronized void add(byte[] piece) throws InterruptedException {
        while (held >= MOST) {
            wait();
        }
        pieces.add(piece);
        held += piece.length;
        notifyAll();
    }

    private synchronized void end(IOException e) {
        failure = e;
        ended = true;
        notifyAll();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public synchronized int read(byte[] to, int offset, int length) throws IOException {
        while (pieces.isEmpty() && !ended) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
        if (pieces.isEmpty()) {
            if (failure != null) {
                throw failure;
            }
            return -1;
        }
        byte[] piece = pieces.peek();
        int n = Math.min(length, piece.length - taken);
        System.arraycopy(piece, taken, to, offset, n);
        taken += n;
        if (taken == piece.length) {
            pieces.remove();
            held -= piece.length;
            taken = 0;
            notifyAll();
        }
        return n;
    }
}
