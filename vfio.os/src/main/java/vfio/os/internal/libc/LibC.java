// SPDX-License-Identifier: Apache-2.0
package vfio.os.internal.libc;

import jnr.ffi.Pointer;

/**
 * The functions of the C library that are called, by their own names. Addresses are numbers, so that a call allocates
 * nothing; each caller says in a comment why its address is valid.
 */
public interface LibC {

    int open(String path, int flags, int mode);

    int close(int fd);

    int ioctl(int fd, long request, long argument);

    long read(int fd, long buffer, long count);

    long write(int fd, long buffer, long count);

    long pread(int fd, long buffer, long count, long offset);

    long pwrite(int fd, long buffer, long count, long offset);

    /** The address is a Pointer since the sixth of six integers arrives as garbage on x86-64 (jnr-ffi issue 181). */
    long mmap(Pointer address, long size, int protection, int flags, int fd, long offset);

    int munmap(long address, long size);

    int eventfd(int initial, int flags);

    int memfd_create(String name, int flags);

    int ftruncate(int fd, long size);

    int fcntl(int fd, int command, long argument);

    int epoll_create1(int flags);

    int epoll_ctl(int epoll, int operation, int fd, long event);

    int epoll_wait(int epoll, long events, int most, int millis);

    int socket(int domain, int type, int protocol);

    int bind(int fd, long address, int length);

    int connect(int fd, long address, int length);

    int listen(int fd, int backlog);

    int accept4(int fd, long address, long length, int flags);

    int shutdown(int fd, int how);

    long sendmsg(int fd, long message, int flags);

    long recvmsg(int fd, long message, int flags);

    int getsockopt(int fd, int level, int name, long value, long length);

    int setsockopt(int fd, int level, int name, long value, int length);
}
