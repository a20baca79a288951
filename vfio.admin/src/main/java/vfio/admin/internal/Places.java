// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import vfio.admin.Command.Kind;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The places of commands that run at once, by kind. No kind takes the places of another, so that there is room to ask for the
 * state and to stop, however many commands wait for a device or follow events. A command takes its place when it begins, and
 * gives it back when its last word is queued.
 */
final class Places {
    static final int MOST_ROWS = 4;
    static final int MOST_FOLLOW = 64;
    private static final int MOST_PROMPT = 32;
    private static final int MOST_ACTS = 32;
    /** Commands of one kind that may wait for a place; more would use up connections. */
    private static final int MOST_WAITING = 40;

    private final Map<Kind, Room> rooms = new EnumMap<>(Kind.class);
    private final long waitNanos;

    /** @param waits whether a place is soon free again, and worth waiting for */
    private record Room(int size, String what, boolean waits, Semaphore free) {
        Room(int size, String what, boolean waits) {
            this(size, what, waits, new Semaphore(size, true));
        }
    }

    /** @param waitNanos how long a command waits for a place */
    Places(long waitNanos) {
        this.waitNanos = waitNanos;
        rooms.put(Kind.PROMPT, new Room(MOST_PROMPT, "commands run", true));
        rooms.put(Kind.ROWS, new Room(MOST_ROWS, "long answers are printed", true));
        rooms.put(Kind.FOLLOW, new Room(MOST_FOLLOW, "clients follow", false));
        rooms.put(Kind.ACT, new Room(MOST_ACTS, "acts run", false));
    }

    /**
     * Takes a place.
     *
     * @throws VfioException EBUSY where none is free, EINTR where the command's thread is interrupted
     */
    void take(Kind kind) {
        Room room = rooms.get(kind);
        boolean wait = room.waits && room.free.getQueueLength() < MOST_WAITING;
        try {
            if (!room.free.tryAcquire(wait ? waitNanos : 0, TimeUnit.NANOSECONDS)) {
                throw new VfioException(Errno.EBUSY, "begin the command: " + room.size + " " + room.what
                        + " already, which is the most; try again when one has ended");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VfioException(Errno.EINTR, "begin the command: its client is gone, or the daemon ends");
        }
    }

    void give(Kind kind) {
        rooms.get(kind).free.release();
    }

    /** Returns whether an act runs. */
    boolean acting() {
        Room acts = rooms.get(Kind.ACT);
        return acts.free.availablePermits() < acts.size;
    }
}
