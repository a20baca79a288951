// SPDX-License-Identifier: Apache-2.0
package vfio.core.dma;

import vfio.core.Errno;
import vfio.core.VfioException;

/** The limit of what a user's address spaces may pin together, as RLIMIT_MEMLOCK; any number of threads use it. */
public final class LockedMemory {
    private final long limit;
    private long locked;

    /** @param limit in bytes, 0 or more */
    public LockedMemory(long limit) {
        this.limit = limit;
    }

    /** Makes a limit that is never reached. */
    public static LockedMemory unlimited() {
        return new LockedMemory(Long.MAX_VALUE);
    }

    /** Returns how many bytes are pinned now. */
    public synchronized long locked() {
        return locked;
    }

    /**
     * Counts bytes as pinned.
     *
     * @throws VfioException ENOMEM above the limit
     */
    public synchronized void charge(long bytes) {
        if (bytes > limit - locked) {
            throw new VfioException(Errno.ENOMEM, "pin " + bytes + " bytes: " + locked + " of " + limit
                    + " bytes are pinned already; unmap some or raise the limit of locked memory");
        }
        locked += bytes;
    }

    /** Undoes a {@link #charge}. */
    public synchronized void release(long bytes) {
        locked -= bytes;
    }
}
