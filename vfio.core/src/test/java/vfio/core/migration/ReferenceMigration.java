// SPDX-License-Identifier: Apache-2.0
package vfio.core.migration;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * A driver, with any flags, that migrates one long of device state. It refuses an arc that does not begin where it is, and
 * can fail, lie and hang; made for each test, and set up before the machine calls it.
 */
public final class ReferenceMigration implements MigrationOperations {
    public final MigrationFlags flags;
    /** Each arc taken, as {@code "STOP RESUMING"}. */
    public final List<String> arcs = new CopyOnWriteArrayList<>();
    /** Each stream closed: {@code copy} or {@code image}. */
    public final List<String> closed = new CopyOnWriteArrayList<>();
    /** How many streams it has begun. */
    public final AtomicInteger begun = new AtomicInteger();
    public volatile MigrationState at = MigrationState.RUNNING;
    /** The state of the device. */
    public volatile long value;
    /** How many more arcs succeed before one fails with ENOMEM. */
    public volatile int failIn = Integer.MAX_VALUE;
    public volatile boolean broken;
    /** What a move of a stream answers, unless it is the least int. */
    public volatile int answer = Integer.MIN_VALUE;
    /** What an arc answers, unless it is null. */
    public volatile MigrationData instead;
    /** Whether arcs begin no streams. */
    public volatile boolean silent;
    /** Runs inside each arc and each move of a stream, on the worker. */
    public volatile Runnable inside = () -> { };
    public volatile RuntimeException resetFailure;

    public ReferenceMigration(MigrationFlags flags) {
        this.flags = flags;
    }

    @Override
    public MigrationFlags flags() {
        return flags;
    }

    @Override
    public MigrationData arc(MigrationState from, MigrationState to) {
        if (from != at) {
            throw new AssertionError("arc from " + from + " in " + at);
        }
        if (failIn-- == 0) {
            throw new VfioException(Errno.ENOMEM, "no pages for the image");
        }
        arcs.add(from + " " + to);
        inside.run();
        at = to;
        if (instead != null || silent) {
            return instead;
        }
        if (to == MigrationState.RESUMING) {
            begun.incrementAndGet();
            return new Image();
        }
        if (to.saves() && !from.saves()) {
            begun.incrementAndGet();
            return new Copy();
        }
        return null;
    }

    @Override
    public boolean broken() {
        return broken;
    }

    @Override
    public long stopCopyLength() {
        return answer == Integer.MIN_VALUE ? Long.BYTES : answer;
    }

    @Override
    public void afterReset() {
        if (resetFailure != null) {
            throw resetFailure;
        }
        at = MigrationState.RUNNING;
        value = 0;
    }

    /** Gives the value, once more for each time it has changed. */
    public final class Copy implements SavingData {
        private ByteBuffer left = image();
        private long known = value;

        private ByteBuffer image() {
            return ByteBuffer.allocate(Long.BYTES).putLong(0, value);
        }

        @Override
        public int read(ByteBuffer target) {
            inside.run();
            if (answer != Integer.MIN_VALUE) {
                return answer;
            }
            if (!left.hasRemaining() && known != value) {
                known = value;
                left = image();
            }
            int count = Math.min(left.remaining(), target.remaining());
            target.put(left.slice(left.position(), count));
            left.position(left.position() + count);
            return count;
        }

        @Override
        public PrecopyInfo precopyInfo() {
            return new PrecopyInfo(left.remaining(), known == value ? 0 : Long.BYTES);
        }

        @Override
        public void close() {
            closed.add("copy");
        }
    }

    /** Takes the value, the last one wins. */
    final class Image implements ResumingData {
        private final ByteBuffer whole = ByteBuffer.allocate(Long.BYTES);

        @Override
        public int write(ByteBuffer source) {
            inside.run();
            int taken = source.remaining();
            while (source.hasRemaining()) {
                whole.put(source.get());
                if (!whole.hasRemaining()) {
                    value = whole.getLong(0);
                    whole.clear();
                }
            }
            return taken;
        }

        @Override
        public void close() {
            closed.add("image");
        }
    }
}
