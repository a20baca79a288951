// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import static vfio.os.internal.libc.HeaderNumbers.CLOEXEC;
import static vfio.os.internal.libc.HeaderNumbers.SHUT_RDWR;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.os.call.SystemCalls;

/** A UNIX socket that peers connect to. Its close removes its file. */
public final class UnixListener implements AutoCloseable {
    private static final int BACKLOG = 16;

    private final SystemCalls calls;
    private final Fd fd;
    private final String path;

    UnixListener(SystemCalls calls, int number, String path) {
        this.calls = calls;
        this.path = path;
        fd = new Fd(calls, number, path);
        try {
            Answers.succeeded("listen at " + path, calls.bind(number, path));
            Answers.succeeded("listen at " + path, calls.listen(number, BACKLOG));
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    /** Returns the socket's descriptor. */
    public Fd fd() {
        return fd;
    }

    /**
     * Waits for the next peer and returns the connection to it.
     *
     * @throws VfioException EBADF once closed, by another thread too
     */
    public UnixSocket accept() {
        int number = fd.enter();
        try {
            int accepted;
            do {
                accepted = calls.accept(number, CLOEXEC);
            } while (accepted == -Errno.EINTR.number());
            if (accepted == -Errno.EINVAL.number()) { // it was shut down
                throw new VfioException(Errno.EBADF, "accept at " + path + ": it was closed");
            }
            return new UnixSocket(calls, new Fd(calls, fd.checked("accept", accepted), path));
        } finally {
            fd.leave();
        }
    }

    @Override
    public void close() {
        if (!fd.isOpen()) {
            return;
        }
        try {
            int number = fd.enter();
            try {
                calls.shutdown(number, SHUT_RDWR); // wakes the threads in accept
            } finally {
                fd.leave();
            }
            fd.close();
            Files.deleteIfExists(Path.of(path));
        } catch (VfioException closed) { // by another thread
            return;
        } catch (IOException e) {
            System.getLogger(UnixListener.class.getName()).log(System.Logger.Level.WARNING,
                    "the socket's file " + path + " stays: " + e);
        }
    }
}
