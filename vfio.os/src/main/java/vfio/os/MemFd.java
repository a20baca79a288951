// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import static vfio.os.internal.libc.HeaderNumbers.MFD_CLOEXEC;

import java.nio.ByteBuffer;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.os.call.SystemCalls;

/**
 * Memory with a descriptor, by which other processes can map the memory. Its size is sealed, so that no access ever meets a
 * page that is not there. It stays readable until its windows are unreachable.
 */
public final class MemFd implements SharedMemory {
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int F_ADD_SEALS = 1033;
    private static final int SEAL_SEAL_SHRINK_GROW = 7;

    private final Fd fd;
    private final SharedMemory pages;

    private MemFd(Fd fd, SharedMemory pages) {
        this.fd = fd;
        this.pages = pages;
    }

    static MemFd make(SystemCalls calls, String name, long size) {
        String act = "make " + size + " bytes of memory '" + name + "'";
        if (size <= 0) {
            throw new VfioException(Errno.EINVAL, act + ": that is no size");
        }
        Fd fd = new Fd(calls, Answers.succeeded(act, calls.memfdCreate(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)), name);
        try {
            int number = fd.enter();
            try {
                Answers.succeeded(act, calls.ftruncate(number, size));
                Answers.succeeded(act, calls.fcntl(number, F_ADD_SEALS, SEAL_SEAL_SHRINK_GROW));
            } finally {
                fd.leave();
            }
            return new MemFd(fd, fd.map(0, size, true, true));
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    /** Returns the descriptor, to be handed to a peer; it is closed with the memory. */
    public Fd fd() {
        return fd;
    }

    @Override
    public long size() {
        return pages.size();
    }

    @Override
    public ByteBuffer window(int index) {
        return pages.window(index);
    }

    @Override
    public void close() {
        fd.close();
    }
}
