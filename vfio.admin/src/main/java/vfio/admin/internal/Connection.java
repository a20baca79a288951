// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Future;
import vfio.admin.ExitCode;
import vfio.admin.control.Frame;
import vfio.admin.control.Request;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.thread.Deadline;

/**
 * The connection of one client: its request as that arrives, and the frames on their way to the client. The server's thread
 * does all input and output. A command queues frames, and waits where the client is behind by {@link #MOST_QUEUED}. A client
 * that takes nothing of the queue, while its command runs or afterwards, is dropped when its patience is over.
 *
 * <p>The object's monitor guards everything but the request.
 */
final class Connection {
    /** Bytes of content in the longest frame. */
    static final int MOST_FRAME = 8 * 1024;
    /** Bytes that a command may be ahead of its client. */
    static final int MOST_QUEUED = ControlServer.MOST_QUEUED / ControlServer.MOST_CONNECTIONS;

    private final SocketChannel channel;
    private final SelectionKey key;
    private final Duration readingLimit;
    private final Deadline request;
    private ByteBuffer input = ByteBuffer.allocate(4096);
    private boolean asked;

    private final Deque<ByteBuffer> output = new ArrayDeque<>();
    private int queued;
    private boolean finished;
    /**
     * Until when the client must take something; counted from the last time, or from when the queue's first frame was queued.
     */
    private Deadline reading;
    private boolean ending;
    private boolean acting;
    private boolean gone;
    private Future<?> command;
    private Runnable afterwards;

    /**
     * @param requestLimit how long the client may take for its request
     * @param readingLimit how long it may take nothing of what waits for it
     */
    Connection(SocketChannel channel, SelectionKey key, Duration requestLimit, Duration readingLimit) {
        this.channel = channel;
        this.key = key;
        this.readingLimit = readingLimit;
        request = Deadline.in(requestLimit);
    }

    /** Returns the nanoseconds until the client is dropped, as things stand; empty where nothing is expected of it. */
    synchronized Optional<Long> patienceLeft() {
        if (!asked) {
            return Optional.of(request.leftNanos());
        }
        return output.isEmpty() ? Optional.empty() : Optional.of(reading.leftNanos());
    }

    /**
     * Reads the bytes that have arrived. Bytes after a whole request are thrown away.
     *
     * @return the request, once, when it is whole
     * @throws IOException where the client is gone
     */
    Optional<Request> readable() throws IOException, Request.Malformed {
        if (asked) {
            input.clear();
        } else if (!input.hasRemaining()) {
            ByteBuffer larger = ByteBuffer.allocate(Math.min(2 * input.capacity(), Request.MOST_BYTES));
            input = larger.put(input.flip());
        }
        if (channel.read(input) < 0) {
            throw new IOException("the client closed its end");
        }
        if (asked) {
            return Optional.empty();
        }
        Optional<Request> request = Request.read(input.duplicate().flip());
        asked = request.isPresent();
        return request;
    }

    /** Answers with a sentence, and runs nothing. */
    void refuse(ExitCode code, String sentence) {
        asked = true;
        byte[] text = ("vfio: " + sentence + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            frame(Frame.ERR, text, 0, text.length);
        } catch (IOException e) {
            return; // gone already
        }
        finish(code.number(), null);
    }

    boolean hasAsked() {
        return asked;
    }

    /** Sets the command that is interrupted when nobody waits for it any more. */
    synchronized void runs(Future<?> running) {
        command = running;
        if (cancelled()) {
            running.cancel(true);
        }
    }

    /**
     * Notes that the command is about to do its work.
     *
     * @param act whether it is an act, which goes on to its end whatever becomes of the client
     * @throws VfioException ECONNRESET where nobody waits for it any more
     */
    synchronized void begin(boolean act) {
        if (cancelled()) {
            throw new VfioException(Errno.ECONNRESET, ending() ? "nothing is begun: the daemon ends"
                    : "nothing is begun: its client is gone");
        }
        acting = act;
    }

    /**
     * Queues a frame, waiting for the client where too much is queued already.
     *
     * @throws IOException where the client is gone or was dropped
     */
    synchronized void frame(byte kind, byte[] bytes, int offset, int length) throws IOException {
        while (!gone && queued + Frame.HEAD + length > MOST_QUEUED) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
        if (gone || finished) {
            throw new IOException("the client is gone");
        }
        queue(Frame.output(kind, bytes, offset, length));
    }

    private void queue(ByteBuffer frame) {
        if (output.isEmpty()) {
            reading = Deadline.in(readingLimit);
        }
        output.add(frame);
        queued += frame.remaining();
        wake();
    }

    /**
     * Queues the last frame.
     *
     * @param act what {@link #close} is to answer, or null
     * @return false where the client is gone: nothing is delivered and nothing answered
     */
    synchronized boolean finish(int code, Runnable act) {
        if (gone) {
            return false;
        }
        afterwards = act;
        finished = true;
        queue(Frame.exit(code));
        return true;
    }

    private void wake() {
        if (key.isValid()) {
            key.interestOpsOr(SelectionKey.OP_WRITE);
        }
        key.selector().wakeup();
    }

    /**
     * Sends what the client takes without waiting.
     *
     * @return whether the connection is over: the last frame is out, or it was given up
     */
    synchronized boolean writable() throws IOException {
        int before = queued;
        boolean full = false;
        while (!output.isEmpty() && !full) {
            ByteBuffer first = output.peek();
            queued -= channel.write(first);
            full = first.hasRemaining();
            if (!full) {
                output.remove();
            }
        }
        if (queued < before) {
            reading = Deadline.in(readingLimit);
            notifyAll();
        }
        if (!full) {
            key.interestOpsAnd(~SelectionKey.OP_WRITE);
        }
        return finished && !full;
    }

    /** Returns whether the command runs for nobody, or is no act while the daemon ends. */
    synchronized boolean cancelled() {
        return gone || ending && !acting;
    }

    synchronized boolean ending() {
        return ending;
    }

    /** Interrupts a command that is no act, at the daemon's end. What the command still says is delivered. */
    synchronized void end() {
        ending = true;
        interrupt();
    }

    private void interrupt() {
        if (command != null && !acting && !finished) {
            command.cancel(true);
        }
    }

    /**
     * Closes the socket, and interrupts a command that is no act.
     *
     * @return what was to be done afterwards
     */
    synchronized Optional<Runnable> close() {
        gone = true;
        output.clear();
        queued = 0;
        interrupt();
        notifyAll();
        try {
            channel.close();
        } catch (IOException e) {
            System.getLogger(Connection.class.getName()).log(System.Logger.Level.DEBUG, "closing a client: " + e);
        }
        return Optional.ofNullable(afterwards);
    }
}
