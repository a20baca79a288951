// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import java.util.Optional;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The kernel's uevents, from when this is made until it is closed. Messages that other programs send to the same place are
 * passed over: whatever is not the kernel's own is nobody's word.
 */
public final class Uevents implements AutoCloseable {
    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW = 3;
    private static final int CLOEXEC = 0x80000;
    private static final int NONBLOCK = 0x800;
    private static final int KOBJECT_UEVENT = 15;
    private static final int KERNELS_GROUP = 1;
    /** Room for thousands of events, as udev asks for; the kernel gives what it allows. */
    private static final int RECEIVE_BUFFER = 16 << 20;
    /** UEVENT_BUFFER_SIZE is 2048 and its header a path. */
    private static final int LONGEST = 16 << 10;

    private final SystemCalls calls;
    private final Fd fd;
    private final NativeBytes buffer = NativeBytes.allocate(LONGEST);
    private final byte[] message = new byte[LONGEST];
    private final int[] sender = new int[1];

    Uevents(SystemCalls calls) {
        this.calls = calls;
        int number = Kernel.succeeded("hear uevents",
                calls.socket(AF_NETLINK, SOCK_RAW | CLOEXEC | NONBLOCK, KOBJECT_UEVENT));
        fd = new Fd(calls, number, "uevents");
        try {
            calls.setReceiveBuffer(number, RECEIVE_BUFFER);
            Kernel.succeeded("hear uevents", calls.bindNetlink(number, KERNELS_GROUP));
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    /** To wait for on a loop. */
    public Fd fd() {
        return fd;
    }

    /**
     * The next event; does not wait.
     *
     * @return nothing where there is none yet
     * @throws VfioException ENOBUFS where events were lost: look at everything again; EBADF once closed
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
