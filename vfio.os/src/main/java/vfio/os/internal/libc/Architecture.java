// SPDX-License-Identifier: Apache-2.0
package vfio.os.internal.libc;

import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.os.call.StructLayout;

/**
 * The processor architectures whose Linux is known, with the layouts of structs: {@code struct epoll_event} differs, no
 * other.
 */
public enum Architecture {
    /** x86-64: {@code struct epoll_event} is packed, for 32-bit programs to have the same. */
    X86_64(StructLayout.of("sys/epoll.h", "struct epoll_event", 12).field("events", 0).field("data", 4)),
    /** 64-bit Arm. */
    AARCH64(StructLayout.of("sys/epoll.h", "struct epoll_event", 16).field("events", 0).field("data", 8));

    private final StructLayout epollEvent;

    Architecture(StructLayout epollEvent) {
        this.epollEvent = epollEvent;
    }

    /**
     * Returns the architecture of this host.
     *
     * @throws VfioException EOPNOTSUPP on another processor or system
     */
    public static Architecture here() {
        return named(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    static Architecture named(String system, String processor) {
        if (system.equals("Linux")) {
            switch (processor) {
                case "amd64", "x86_64":
                    return X86_64;
                case "aarch64":
                    return AARCH64;
                default:
            }
        }
        throw new VfioException(Errno.EOPNOTSUPP, "make system calls on " + system + " of " + processor
                + ": only Linux of x86-64 and aarch64 is known; use the emulated bus");
    }

    /** Returns the layout of {@code struct epoll_event}. */
    public StructLayout epollEvent() {
        return epollEvent;
    }

    /** Returns the layout of {@code struct iovec}. */
    public StructLayout iovec() {
        return StructLayout.of("sys/uio.h", "struct iovec", 16).field("iov_base", 0).field("iov_len", 8);
    }

    /** Returns the layout of {@code struct msghdr}. */
    public StructLayout msghdr() {
        return StructLayout.of("sys/socket.h", "struct msghdr", 56).field("msg_name", 0).field("msg_namelen", 8)
                .field("msg_iov", 16).field("msg_iovlen", 24).field("msg_control", 32).field("msg_controllen", 40)
                .field("msg_flags", 48);
    }

    /** Returns the layout of {@code struct cmsghdr}; the data follow without a gap. */
    public StructLayout cmsghdr() {
        return StructLayout.of("sys/socket.h", "struct cmsghdr", 16).field("cmsg_len", 0).field("cmsg_level", 8)
                .field("cmsg_type", 12);
    }

    /** Returns the layout of {@code struct sockaddr_un}. */
    public StructLayout sockaddrUn() {
        return StructLayout.of("sys/un.h", "struct sockaddr_un", 110).field("sun_family", 0).field("sun_path", 2);
    }

    /** Returns the layout of {@code struct sockaddr_nl}. */
    public StructLayout sockaddrNl() {
        return StructLayout.of("linux/netlink.h", "struct sockaddr_nl", 12).field("nl_family", 0).field("nl_pid", 4)
                .field("nl_groups", 8);
    }

    /** Returns the layout of {@code struct ucred}, which {@code _GNU_SOURCE} declares. */
    public StructLayout ucred() {
        return StructLayout.of("sys/socket.h", "struct ucred", 12).field("pid", 0).field("uid", 4).field("gid", 8);
    }

    /** Returns all layouts. */
    public List<StructLayout> structs() {
        return List.of(epollEvent(), iovec(), msghdr(), cmsghdr(), sockaddrUn(), sockaddrNl(), ucred());
    }
}
