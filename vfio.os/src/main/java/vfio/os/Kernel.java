// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import java.util.ArrayList;
import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.os.internal.NativeCalls;

/**
 * The kernel this program runs on: opens what is then used as objects. Every descriptor is closed on exec. Nothing here needs
 * privileges by itself.
 */
public final class Kernel {
    /** Of {@link #open}. */
    public static final int READ_ONLY = 0;
    /** Of {@link #open}. */
    public static final int WRITE_ONLY = 1;
    /** Of {@link #open}. */
    public static final int READ_WRITE = 2;
    /** Of {@link #open}: reads that would wait answer EAGAIN. */
    public static final int NONBLOCK = 0x800;

    private static final int CLOEXEC = 0x80000;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;

    private static Kernel host;

    private final SystemCalls calls;
    private final EventLoop loop;

    /** @param calls the kernel's, or a fake's */
    public Kernel(SystemCalls calls) {
        this.calls = calls;
        loop = new EventLoop(calls);
    }

    /**
     * The kernel of this host. Its library is loaded once, and stays.
     *
     * @throws VfioException ENOSYS where the native library cannot be loaded; EOPNOTSUPP where this is no Linux that we know
     */
    public static synchronized Kernel host() {
        if (host == null) {
            host = new Kernel(new NativeCalls());
        }
        return host;
    }

    SystemCalls calls() {
        return calls;
    }

    /** Where events of descriptors are waited for: one thread for all, while there are any. */
    public EventLoop loop() {
        return loop;
    }

    /** @throws VfioException the kernel's errno */
    public Fd open(String path, int flags) {
        return new Fd(calls, succeeded("open " + path, calls.open(path, flags | CLOEXEC, 0)), path);
    }

    /** A descriptor that a call answered, such as an ioctl, owned from now on. */
    public Fd own(int number, String name) {
        return new Fd(calls, number, name);
    }

    /** Another descriptor of the same file. */
    public Fd duplicate(Fd of) {
        int number = of.enter();
        try {
            return new Fd(calls, of.checked("duplicate", calls.fcntl(number, F_DUPFD_CLOEXEC, 0)), of.name());
        } finally {
            of.leave();
        }
    }

    /** An eventfd that counts 0. */
    public EventFd eventFd() {
        return new EventFd(this, new Fd(calls, succeeded("make an eventfd", calls.eventfd(0, CLOEXEC | NONBLOCK)), "eventfd"));
    }

    /** An eventfd that someone else made, such as a peer that sent it; owned from now on. */
    public EventFd eventFd(Fd fd) {
        return new EventFd(this, fd);
    }

    /**
     * Zero-filled memory that can be shared by its descriptor, and whose size nobody can change.
     *
     * @param name shown in /proc/self/maps
     * @param size in bytes, more than 0
     * @throws VfioException ENOMEM and others of memfd_create(2); EINVAL for a size of 0 or less
     */
    public MemFd memory(String name, long size) {
        return MemFd.make(calls, name, size);
    }

    /**
     * Binds a UNIX socket at a path and waits for peers there.
     *
     * @throws VfioException EADDRINUSE where something is there; ENAMETOOLONG for 108 bytes or more
     */
    public UnixListener listen(String path) {
        return new UnixListener(calls, succeeded("listen at " + path, calls.socket(AF_UNIX, SOCK_STREAM | CLOEXEC, 0)), path);
    }

    /** @throws VfioException ECONNREFUSED where nobody listens, ENOENT */
    public UnixSocket connect(String path) {
        return UnixSocket.connected(calls, succeeded("connect to " + path, calls.socket(AF_UNIX, SOCK_STREAM | CLOEXEC, 0)),
                path);
    }

    /** Hears what the kernel says of devices from now on. */
    public Uevents uevents() {
        return new Uevents(calls);
    }

    static int succeeded(String act, int result) {
        if (result < 0) {
            throw failed(act, result);
        }
        return result;
    }

    /** @param result an errno with a minus before it */
    static VfioException failed(String act, long result) {
        return Errno.of((int) -result).map(errno -> new VfioException(errno, act + ": " + errno.text()))
                .orElseGet(() -> new VfioException(Errno.EIO, act + ": the kernel answered errno " + -result));
    }

    /** Descriptors of numbers that came with a message. */
    static List<Fd> owned(SystemCalls calls, List<Integer> numbers, String name) {
        List<Fd> all = new ArrayList<>();
        numbers.forEach(number -> all.add(new Fd(calls, number, name)));
        return all;
    }
}
