// SPDX-License-Identifier: Apache-2.0
package vfio.os.internal.libc;

/** The numbers of the kernel's headers that several classes of this bundle use; they are the same on x86-64 and on arm64. */
public final class HeaderNumbers {
    /** O_CLOEXEC, and what epoll, eventfd and sockets call by other names (asm-generic/fcntl.h). */
    public static final int CLOEXEC = 0x80000;
    /** O_NONBLOCK, and SOCK_NONBLOCK (asm-generic/fcntl.h). */
    public static final int NONBLOCK = 0x800;
    public static final short AF_UNIX = 1;
    public static final short AF_NETLINK = 16;
    public static final int SHUT_RDWR = 2;
    /** The most descriptors of one message: SCM_MAX_FD (net/scm.h). */
    public static final int SCM_MAX_FD = 253;
    public static final int MFD_CLOEXEC = 1;
    public static final int PROT_READ = 1;
    public static final int PROT_WRITE = 2;
    public static final int MAP_PRIVATE = 2;
    public static final int MAP_FIXED = 0x10;
    public static final int MAP_ANONYMOUS = 0x20;
    public static final int MAP_NORESERVE = 0x4000;

    private HeaderNumbers() {
    }
}
