// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;

/** The processors whose Linux this project runs on, and what differs between them: all else of 64 bits is the same. */
public enum Architecture {
    /** Its epoll_event is packed, so that 32-bit programs have the same. */
    X86_64(StructLayout.of("sys/epoll.h", "struct epoll_event", 12).field("events", 0).field("data", 4)),
    AARCH64(StructLayout.of("sys/epoll.h", "struct epoll_event", 16).field("events", 0).field("data", 8));

    private final StructLayout epollEvent;

    Architecture(StructLayout epollEvent) {
        this.epollEvent = epollEvent;
    }

    /** @throws VfioException EOPNOTSUPP on another processor or system */
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

    public StructLayout epollEvent() {
        return epollEvent;
    }

    /** {@code struct iovec}. */
    public StructLayout iovec() {
        return StructLayout.of("sys/uio.h", "struct iovec", 16).field("iov_base", 0).field("iov_len", 8);
    }

    /** {@code struct msghdr}. */
    public StructLayout msghdr() {
        return StructLayout.of("sys/socket.h", "struct msghdr", 56).field("msg_name", 0).field("msg_namelen", 8)
                .field("msg_iov", 16).field("msg_iovlen", 24).field("msg_control", 32).field("msg_controllen", 40)
                .field("msg_flags", 48);
    }

    /** {@code struct cmsghdr}; its data follow at once. */
    public StructLayout cmsghdr() {
        return StructLayout.of("sys/socket.h", "struct cmsghdr", 16).field("cmsg_len", 0).field("cmsg_level", 8)
                .field("cmsg_type", 12);
    }

    /** {@code struct sockaddr_un}. */
    public StructLayout sockaddrUn() {
        return StructLayout.of("sys/un.h", "struct sockaddr_un", 110).field("sun_family", 0).field("sun_path", 2);
    }

    /** {@code struct sockaddr_nl}. */
    public StructLayout sockaddrNl() {
        return StructLayout.of("linux/netlink.h", "struct sockaddr_nl", 12).field("nl_family", 0).field("nl_pid", 4)
                .field("nl_groups", 8);
    }

    /** {@code struct ucred}, of {@code _GNU_SOURCE}. */
    public StructLayout ucred() {
        return StructLayout.of("sys/socket.h", "struct ucred", 12).field("pid", 0).field("uid", 4).field("gid", 8);
    }

    /** All of them. */
    public List<StructLayout> structs() {
        return List.of(epollEvent(), iovec(), msghdr(), cmsghdr(), sockaddrUn(), sockaddrNl(), ucred());
    }
}
