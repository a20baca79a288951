// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import static vfio.os.internal.libc.HeaderNumbers.AF_UNIX;
import static vfio.os.internal.libc.HeaderNumbers.CLOEXEC;

import vfio.core.VfioException;
import vfio.os.call.SystemCalls;
import vfio.os.internal.libc.HeaderNumbers;
import vfio.os.internal.libc.NativeCalls;

/**
 * The kernel this program runs on: opens files, sockets and memory, each as an object. Every descriptor is closed on exec. No
 * method needs privileges by itself.
 */
public final class Kernel {
    /** A flag of {@link #open}: the file is read. */
    public static final int READ_ONLY = 0;
    /** A flag of {@link #open}: the file is written. */
    public static final int WRITE_ONLY = 1;
    /** A flag of {@link #open}: the file is read and written. */
    public static final int READ_WRITE = 2;
    /** A flag of {@link #open}: a read that would wait fails with EAGAIN. */
    public static final int NONBLOCK = HeaderNumbers.NONBLOCK;

    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int SOCK_STREAM = 1;

    private static Kernel host;

    private final SystemCalls calls;
    private final EventLoop loop;

    /**
     * Makes a kernel of system calls.
     *
     * @param calls those of the host's kernel, or a test's own
     */
    public Kernel(SystemCalls calls) {
        this.calls = calls;
        loop = new EventLoop(calls);
    }

    /**
     * Returns the kernel of this host. The native library is loaded by the first call, and stays loaded.
     *
     * @throws VfioException ENOSYS where the native library cannot be loaded; EOPNOTSUPP on another system than Linux, or on
     *     another processor than x86-64 and aarch64
     */
    public static synchronized Kernel host() {
        if (host == null) {
            host = new Kernel(new NativeCalls());
        }
        return host;
    }

    /** Returns the loop that waits for descriptors, on one thread for all of them. */
    EventLoop loop() {
        return loop;
    }

    /**
     * Opens a file.
     *
     * @param flags one of {@link #READ_ONLY}, {@link #WRITE_ONLY} and {@link #READ_WRITE}, or-ed with {@link #NONBLOCK} or
     *     other flags of open(2)
     * @throws VfioException with the errno of open(2)
     */
    public Fd open(String path, int flags) {
        return new Fd(calls, Answers.succeeded("open " + path, calls.open(path, flags | CLOEXEC, 0)), path);
    }

    /** Makes an object of a descriptor that a call answered, such as an ioctl; the object owns it from now on. */
    public Fd own(int number, String name) {
        return new Fd(calls, number, name);
    }

    /**
     * Opens another descriptor of the same file.
     *
     * @throws VfioException EBADF where the descriptor is closed; EMFILE
     */
    public Fd duplicate(Fd of) {
        int number = of.enter();
        try {
            return new Fd(calls, of.checked("duplicate", calls.fcntl(number, F_DUPFD_CLOEXEC, 0)), of.name());
        } finally {
            of.leave();
        }
    }

    /**
     * Makes an eventfd that counts 0.
     *
     * @throws VfioException EMFILE and others of eventfd(2)
     */
    public EventFd eventFd() {
        int number = Answers.succeeded("make an eventfd", calls.eventfd(0, CLOEXEC | NONBLOCK));
        return eventFd(new Fd(calls, number, "eventfd"));
    }

    /** Makes an object of an eventfd that someone else made, such as a peer that sent it; the object owns it from now on. */
    public EventFd eventFd(Fd fd) {
        return new EventFd(calls, loop, fd);
    }

    /**
     * Makes zero-filled memory that other processes can map by its descriptor, and whose size nobody can change.
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
     * @throws VfioException EADDRINUSE where a file is there; ENAMETOOLONG for 108 bytes or more
     */
    public UnixListener listen(String path) {
        return new UnixListener(calls, unixSocket("listen at " + path), path);
    }

    /**
     * Connects to a UNIX socket.
     *
     * @throws VfioException ECONNREFUSED where nobody listens; ENOENT where there is no such file
     */
    public UnixSocket connect(String path) {
        return UnixSocket.connected(calls, unixSocket("connect to " + path), path);
    }

    private int unixSocket(String act) {
        return Answers.succeeded(act, calls.socket(AF_UNIX, SOCK_STREAM | CLOEXEC, 0));
    }

    /**
     * Hears the kernel's uevents from now on.
     *
     * @throws VfioException EPROTONOSUPPORT and others of socket(2), as where there is no netlink
     */
    public Uevents uevents() {
        return new Uevents(calls, loop);
    }
}
