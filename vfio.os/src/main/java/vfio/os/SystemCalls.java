// SPDX-License-Identifier: Apache-2.0
package vfio.os;

import java.nio.ByteBuffer;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The calls of the kernel that this project makes, as thin as they can be, so that a fake of them takes the kernel's place in
 * tests. Each answers what the kernel does: 0 or more, or an errno with a minus before it. Descriptors are plain numbers
 * here; {@link Kernel} and {@link Fd} are what programs use.
 */
@ConsumerType
public interface SystemCalls {

    int open(String path, int flags, int mode);

    int close(int fd);

    /** With a struct, which stays as long as the call is under way. */
    int ioctl(int fd, int request, NativeBytes struct);

    /** With a number, or nothing. */
    int ioctl(int fd, int request, long value);

    /** @param start of the bytes to fill; {@code start + count} is not past the end of {@code target} */
    int read(int fd, NativeBytes target, int start, int count);

    int write(int fd, NativeBytes source, int start, int count);

    /** @param offset in the file */
    int pread(int fd, NativeBytes target, int start, int count, long offset);

    int pwrite(int fd, NativeBytes source, int start, int count, long offset);

    /** @param address 0, or with MAP_FIXED that of a mapping of the caller's, which is replaced */
    long mmap(long address, long size, int protection, int flags, int fd, long offset);

    /** Nothing may reach the memory any more. */
    int munmap(long address, long size);

    /** Mapped memory as a buffer, little-endian; it does not keep the memory mapped. */
    ByteBuffer mapped(long address, int size);

    int eventfd(int initial, int flags);

    int memfdCreate(String name, int flags);

    int ftruncate(int fd, long size);

    int fcntl(int fd, int command, long argument);

    int epollCreate(int flags);

    /** @param data what {@link #epollWait} gives back for this descriptor */
    int epollControl(int epoll, int operation, int fd, int events, long data);

    /**
     * @param events room that the kernel uses, 16 bytes for each
     * @param data of those that are ready, from 0 on; as many as its length at most
     * @param millis -1 for ever
     */
    int epollWait(int epoll, NativeBytes events, long[] data, int millis);

    int socket(int domain, int type, int protocol);

    /** Of a UNIX socket. */
    int bind(int fd, String path);

    /** Of a netlink socket, to multicast groups. */
    int bindNetlink(int fd, int groups);

    int connect(int fd, String path);

    int listen(int fd, int backlog);

    int accept(int fd, int flags);

    int shutdown(int fd, int how);

    /** Sends bytes, and with the first of them descriptors. */
    int send(int fd, NativeBytes source, int start, int count, int... descriptors);

    /**
     * Receives bytes, and the descriptors that came with them, closed on exec.
     *
     * @return EMSGSIZE where a message or its descriptors were cut off; those that came are closed then
     */
    int receive(int fd, NativeBytes target, int start, int count, List<Integer> descriptors);

    /**
     * Receives one datagram of a netlink socket.
     *
     * @param sender its port id becomes the first element, 0 for the kernel's own
     */
    int receiveNetlink(int fd, NativeBytes target, int[] sender);

    /** Process id, user id and group id of the other end of a UNIX socket. */
    int peer(int fd, int[] ids);

    int setReceiveBuffer(int fd, int bytes);
}
