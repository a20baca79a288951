// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import static vfio.os.internal.libc.HeaderNumbers.SCM_MAX_FD;
import static vfio.os.internal.libc.HeaderNumbers.SHUT_RDWR;

import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.os.call.NativeBytes;
import vfio.os.call.SystemCalls;

/** A connected UNIX stream socket for bytes and descriptors. One thread at a time may send, and one receive. */
public final class UnixSocket implements AutoCloseable {
    /** SCM_MAX_FD: descriptors that one message may carry. */
    public static final int MOST_DESCRIPTORS = SCM_MAX_FD;


    private final SystemCalls calls;
    private final Fd fd;

    UnixSocket(SystemCalls calls, Fd fd) {
        this.calls = calls;
        this.fd = fd;
    }

    static UnixSocket connected(SystemCalls calls, int number, String path) {
        Fd fd = new Fd(calls, number, path);
        try {
            Answers.succeeded("connect to " + path, calls.connect(number, path));
            return new UnixSocket(calls, fd);
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
     * The process at the other end, as it was when it connected or listened (SO_PEERCRED).
     *
     * @param pid process id; 0 where the process is in another namespace
     * @param uid user id
     * @param gid group id
     */
    public record Peer(int pid, int uid, int gid) {
    }

    /**
     * Returns the process at the other end.
     *
     * @throws VfioException EBADF once closed
     */
    public Peer peer() {
        int[] ids = new int[3];
        int number = fd.enter();
        try {
            fd.checked("find the peer", calls.peer(number, ids));
        } finally {
            fd.leave();
        }
        return new Peer(ids[0], ids[1], ids[2]);
    }

    /**
     * Sends all {@code count} bytes from {@code start} of {@code source}, and the descriptors with the first of them.
     *
     * @param descriptors stay the caller's
     * @throws VfioException EPIPE where the peer has closed; EBADF once closed; EINVAL for descriptors without a byte, or
     *     more than {@link #MOST_DESCRIPTORS}
     */
    public void send(NativeBytes source, int start, int count, List<Fd> descriptors) {
        if (descriptors.size() > MOST_DESCRIPTORS || !descriptors.isEmpty() && count == 0) {
            throw new VfioException(Errno.EINVAL, "send " + descriptors.size() + " descriptors with " + count + " bytes to "
                    + fd.name() + ": at most " + MOST_DESCRIPTORS + " go, with one byte or more");
        }
        int[] numbers = new int[descriptors.size()];
        int entered = 0;
        try {
            for (; entered < numbers.length; entered++) {
                numbers[entered] = descriptors.get(entered).enter();
            }
            send(source, start, count, numbers);
        } finally {
            for (int i = 0; i < entered; i++) {
                descriptors.get(i).leave();
            }
        }
    }

    private void send(NativeBytes source, int start, int count, int... numbers) {
        int number = fd.enter();
        try {
            int[] with = numbers;
            for (int sent = 0; sent < count;) {
                int result = calls.send(number, source, start + sent, count - sent, with);
                if (result != -Errno.EINTR.number()) {
                    sent += fd.checked("send", result);
                    with = new int[0];
                }
            }
        } finally {
            fd.leave();
        }
    }

    /**
     * Receives at most {@code count} bytes to {@code start} of {@code target}, and the descriptors that came with them.
     *
     * @param descriptors the received ones are added; the caller owns them
     * @return the number of bytes, 0 where the peer has closed
     * @throws VfioException EMSGSIZE where descriptors were cut off; EBADF once closed; ECONNRESET
     */
    public int receive(NativeBytes target, int start, int count, List<Fd> descriptors) {
        List<Integer> numbers = new ArrayList<>();
        int number = fd.enter();
        try {
            int result;
            do {
                result = calls.receive(number, target, start, count, numbers);
            } while (result == -Errno.EINTR.number());
            numbers.forEach(each -> descriptors.add(new Fd(calls, each, "received from " + fd.name())));
            return fd.checked("receive", result);
        } finally {
            fd.leave();
        }
    }

    /** Ends the connection for both sides; a thread that receives here gets 0 at once. */
    @Override
    public void close() {
        if (fd.isOpen()) {
            try {
                int number = fd.enter();
                try {
                    calls.shutdown(number, SHUT_RDWR); // an error says that the peer is gone
                } finally {
                    fd.leave();
                }
            } catch (VfioException closed) {
                return; // by another thread
            }
        }
        fd.close();
    }
}
