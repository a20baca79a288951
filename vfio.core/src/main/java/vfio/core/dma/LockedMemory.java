// SPDX-License-Identifier: Apache-2.0
package vfio.core.dma;

import vfio.core.Errno;
import vfio.core.VfioException;

/** How much memory a user's address spaces may pin together, as RLIMIT_MEMLOCK limits it. Used by any number of them. */
public final class LockedMemory {
    private final long limit;
    private long locked;

    /** @param limit in bytes, 0 or more */
    public LockedMemory(long limit) {
        this.limit = limit;
    }

    /** Without a limit. */
    public static LockedMemory unlimited() {
        return new LockedMemory(Long.MAX_VALUE);
    }

    /** Bytes pinned now. */
    public synchronized long locked() {
        return locked;
    }

    /** @throws VfioException ENOMEM above the limit */
    public synchronized void charge(long bytes) {
        if (bytes > limit - locked) {
            throw new VfioException(Errno.ENOMEM, "pin " + bytes + " bytes: " + locked + " of " + limit
                    + " bytes are pinned already; unmap some or raise the limit of locked memory");
        }
        locked += bytes;
    }

    public synchronized void release(long bytes) {
        locked -= bytes;
    }
}
