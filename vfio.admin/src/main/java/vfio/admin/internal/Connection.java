// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Future;
import vfio.admin.ExitCode;

/**
 * One client: its request as it arrives, and frames on their way to it. All input and output is done by the server's
 * thread; a command only queues frames, so that a client that reads slowly keeps no command running.
 *
 * <p>Its monitor guards everything but the request.
 */
final class Connection {
    static final byte OUT = 1;
    static final byte ERR = 2;
    static final byte EXIT = 3;

    /** Frames a command may be ahead of its client, in bytes: the answer of `list` for 30,000 functions. */
    static final int MOST_QUEUED = 16 << 20;

    private static final int HEAD = 1 + Integer.BYTES;

    private final SocketChannel channel;
    private final SelectionKey key;
    private final long patienceNanos;
    private final long deadline;
    private ByteBuffer input = ByteBuffer.allocate(4096);
    private boolean asked;

    private final Deque<ByteBuffer> output = new ArrayDeque<>();
    private int queued;
    private boolean finished;
    private boolean cancelled;
    private boolean gone;
    private Future<?> command;
    private Runnable afterwards;

    Connection(SocketChannel channel, SelectionKey key, long patienceNanos) {
        this.channel = channel;
        this.key = key;
        this.patienceNanos = patienceNanos;
        deadline = System.nanoTime() + patienceNanos;
    }

    /** Nanoseconds until its request must be whole, empty once it is; zero where the client was given up since. */
    synchronized Optional<Long> patienceLeft() {
        if (gone) {
            return Optional.of(0L);
        }
        return asked ? Optional.empty() : Optional.of(deadline - System.nanoTime());
    }

    /**
     * Takes what has arrived. What follows a whole request is thrown away.
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

    /** Answers with a sentence instead of running anything. */
    void refuse(ExitCode code, String sentence) {
        asked = true;
        byte[] text = ("vfio: " + sentence + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            frame(ERR, text, 0, text.length);
        } catch (IOException e) {
            return; // gone already
        }
        finish(code.number(), null);
    }

    boolean hasAsked() {
        return asked;
    }

    /** What {@link #close} is to interrupt. */
    synchronized void runs(Future<?> running) {
        command = running;
        if ((gone || cancelled) && !finished) {
            running.cancel(true);
        }
    }

    /**
     * Queues a frame.
     *
     * @throws IOException where the client is gone, or did not take anything for as long as it may
     */
    synchronized void frame(byte kind, byte[] bytes, int offset, int length) throws IOException {
        long giveUp = System.nanoTime() + patienceNanos;
        int before = queued;
        while (!gone && queued + HEAD + length > MOST_QUEUED) {
            if (queued < before) {
                before = queued;
                giveUp = System.nanoTime() + patienceNanos;
            }
            awaitRoom(giveUp - System.nanoTime());
        }
        if (gone || finished) {
            throw new IOException("the client is gone");
        }
        output.add(ByteBuffer.allocate(HEAD + length).put(kind).putInt(length).put(bytes, offset, length).flip());
        queued += HEAD + length;
        wake();
    }

    private void awaitRoom(long nanos) throws IOException {
        if (nanos <= 0) {
            gone = true;
            wake();
            return;
        }
        try {
            wait(nanos / 1_000_000 + 1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /**
     * Queues the last frame.
     *
     * @param act what {@link #close} is to answer once all is delivered, or null
     * @return false where the client is gone: nothing is delivered and nothing answered
     */
    synchronized boolean finish(int code, Runnable act) {
        if (gone) {
            return false;
        }
        output.add(ByteBuffer.allocate(HEAD + Integer.BYTES).put(EXIT).putInt(Integer.BYTES).putInt(code).flip());
        queued += HEAD + Integer.BYTES;
        afterwards = act;
        finished = true;
        wake();
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
        while (!output.isEmpty()) {
            ByteBuffer first = output.peek();
            int before = first.remaining();
            channel.write(first);
            queued -= before - first.remaining();
            if (first.hasRemaining()) {
                notifyAll();
                return gone;
            }
            output.remove();
        }
        notifyAll();
        key.interestOpsAnd(~SelectionKey.OP_WRITE);
        return finished || gone;
    }

    /** Whether the command runs for nobody. */
    synchronized boolean cancelled() {
        return gone || cancelled;
    }

    /** Has the command end early; what it still says is delivered. */
    synchronized void cancel() {
        cancelled = true;
        if (command != null && !finished) {
            command.cancel(true);
        }
    }

    /**
     * Closes the socket and interrupts the command that runs.
     *
     * @return what was to be done afterwards
     */
    Optional<Runnable> close() {
        Future<?> running;
        Optional<Runnable> act;
        synchronized (this) {
            gone = true;
            output.clear();
            running = finished ? null : command;
            act = Optional.ofNullable(afterwards);
            notifyAll();
        }
        if (running != null) {
            running.cancel(true);
        }
        try {
            channel.close();
        } catch (IOException e) {
            System.getLogger(Connection.class.getName()).log(System.Logger.Level.DEBUG, "closing a client: " + e);
        }
        return act;
    }
}
