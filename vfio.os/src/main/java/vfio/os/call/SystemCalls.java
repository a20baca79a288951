// SPDX-License-Identifier: Apache-2.0
package vfio.os.call;

import java.nio.ByteBuffer;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The system calls that this project makes. A test's implementation can take the kernel's place. Each method returns the
 * kernel's answer: 0 or more, or an errno with a minus before it. Descriptors are plain numbers here; programs use the
 * objects of {@code vfio.os} instead.
 */
@ConsumerType
public interface SystemCalls {

    /** open(2). */
    int open(String path, int flags, int mode);

    /** close(2). */
    int close(int fd);

    /** ioctl(2) with a struct, which stays reachable during the call. */
    int ioctl(int fd, int request, NativeBytes struct);

    /** ioctl(2) with a number, 0 for none. */
    int ioctl(int fd, int request, long value);

    /**
     * read(2).
     *
     * @param start of the bytes to fill; {@code start + count} is not past the end of {@code target}
     */
    int read(int fd, NativeBytes target, int start, int count);

    /** write(2), as {@link #read}. */
    int write(int fd, NativeBytes source, int start, int count);

    /**
     * pread(2), as {@link #read}.
     *
     * @param offset in the file
     */
    int pread(int fd, NativeBytes target, int start, int count, long offset);

    /** pwrite(2), as {@link #pread}. */
    int pwrite(int fd, NativeBytes source, int start, int count, long offset);

    /**
     * mmap(2).
     *
     * @param address 0, or with MAP_FIXED the address of a mapping of the caller's, which is replaced
     */
    long mmap(long address, long size, int protection, int flags, int fd, long offset);

    /** munmap(2); no code may reach the memory any more. */
    int munmap(long address, long size);

    /** Returns a little-endian buffer of mapped memory; the buffer does not keep the memory mapped. */
    ByteBuffer mapped(long address, int size);

    /** eventfd(2). */
    int eventfd(int initial, int flags);

    /** memfd_create(2). */
    int memfdCreate(String name, int flags);

    /** ftruncate(2). */
    int ftruncate(int fd, long size);

    /** fcntl(2). */
    int fcntl(int fd, int command, long argument);

    /** epoll_create1(2). */
    int epollCreate(int flags);

    /**
     * epoll_ctl(2).
     *
     * @param data the number that {@link #epollWait} gives for this descriptor
     */
    int epollControl(int epoll, int operation, int fd, int events, long data);

    /**
     * epoll_wait(2).
     *
     * @param events room for the kernel, 16 bytes for each event
     * @param data filled from 0 on with the numbers of the descriptors that are ready
     * @param millis the longest wait, -1 for no end
     */
    int epollWait(int epoll, NativeBytes events, long[] data, int millis);

    /** socket(2). */
    int socket(int domain, int type, int protocol);

    /** bind(2) of a UNIX socket. */
    int bind(int fd, String path);

    /** bind(2) of a netlink socket to multicast groups. */
    int bindNetlink(int fd, int groups);

    /** connect(2) of a UNIX socket. */
    int connect(int fd, String path);

    /** listen(2). */
    int listen(int fd, int backlog);

    /** accept4(2). */
    int accept(int fd, int flags);

    /** shutdown(2). */
    int shutdown(int fd, int how);

    /** sendmsg(2): sends bytes, and descriptors with the first byte (SCM_RIGHTS). */
    int send(int fd, NativeBytes source, int start, int count, int... descriptors);

    /**
     * recvmsg(2): receives bytes, and the descriptors that came with them, which are closed on exec.
     *
     * @return EMSGSIZE where a message or its descriptors were cut off; the descriptors that came are closed then
     */
    int receive(int fd, NativeBytes target, int start, int count, List<Integer> descriptors);

    /**
     * recvmsg(2): receives one datagram of a netlink socket.
     *
     * @param sender its first element becomes the sender's port id, 0 for the kernel
     */
    int receiveNetlink(int fd, NativeBytes target, int[] sender);

    /** SO_PEERCRED of a UNIX socket: process id, user id and group id of the other end. */
    int peer(int fd, int[] ids);

    /** SO_RCVBUF of a socket. */
    int setReceiveBuffer(int fd, int bytes);
}
