// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import static vfio.os.internal.libc.HeaderNumbers.AF_NETLINK;
import static vfio.os.internal.libc.HeaderNumbers.CLOEXEC;
import static vfio.os.internal.libc.HeaderNumbers.NONBLOCK;

import java.util.Optional;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.os.call.NativeBytes;
import vfio.os.call.SystemCalls;

/**
 * A netlink socket on which the kernel tells of devices, from when it is made until it is closed. Messages that other
 * programs send to the same group are passed over.
 */
public final class Uevents implements AutoCloseable {
    private static final int SOCK_RAW = 3;
    private static final int KOBJECT_UEVENT = 15;
    private static final int KERNELS_GROUP = 1;
    /** In bytes: thousands of events, as udev asks for; the kernel may give less. */
    private static final int RECEIVE_BUFFER = 16 << 20;
    /** UEVENT_BUFFER_SIZE is 2048 and its header a path. */
    private static final int LONGEST = 16 << 10;

    private final SystemCalls calls;
    private final EventLoop loop;
    private final Fd fd;
    private final NativeBytes buffer = NativeBytes.allocate(LONGEST);
    private final byte[] message = new byte[LONGEST];
    private final int[] sender = new int[1];

    Uevents(SystemCalls calls, EventLoop loop) {
        this.calls = calls;
        this.loop = loop;
        int number = Answers.succeeded("hear uevents",
                calls.socket(AF_NETLINK, SOCK_RAW | CLOEXEC | NONBLOCK, KOBJECT_UEVENT));
        fd = new Fd(calls, number, "uevents");
        try {
            calls.setReceiveBuffer(number, RECEIVE_BUFFER);
            Answers.succeeded("hear uevents", calls.bindNetlink(number, KERNELS_GROUP));
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    /** Returns the socket's descriptor. */
    Fd fd() {
        return fd;
    }

    /**
     * Calls {@code onEvent} whenever {@link #next} has an event, on the thread that waits for all descriptors: the call must
     * be short.
     *
     * @return the registration: after its close no call begins; to be closed before this
     * @throws VfioException EBADF once closed; ENOSPC, ENOMEM
     */
    public AutoCloseable listen(Runnable onEvent) {
        return loop.add(fd, number -> onEvent.run());
    }

    /**
     * Returns the next event; does not wait.
     *
     * @return empty where no event has come
     * @throws VfioException ENOBUFS where events were lost, so that all devices have to be looked at again; EBADF once closed
     */
    public synchronized Optional<Uevent> next() {
        int number = fd.enter();
        try {
            while (true) {
                int length = calls.receiveNetlink(number, buffer, sender);
                if (length == -Errno.EAGAIN.number()) {
                    return Optional.empty();
                }
                if (length == -Errno.EINTR.number() || length == -Errno.EMSGSIZE.number()) {
                    continue;
                }
                fd.checked("receive", length);
                buffer.bytes().get(0, message, 0, length);
                Optional<Uevent> event = sender[0] == 0 ? Uevent.parse(message, length) : Optional.empty();
                if (event.isPresent()) {
                    return event;
                }
            }
        } finally {
            fd.leave();
        }
    }

    @Override
    public void close() {
        fd.close();
    }
}
