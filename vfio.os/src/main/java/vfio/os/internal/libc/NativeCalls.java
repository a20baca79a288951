// SPDX-License-Identifier: Apache-2.0
package vfio.os.internal.libc;

import com.kenai.jffi.LastError;
import com.kenai.jffi.MemoryIO;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.os.call.NativeBytes;
import vfio.os.call.SystemCalls;

/**
 * The system calls of this host, made through the C library. Every address is one of {@link NativeBytes}, reachable until the
 * call is over, and every count is checked against the size before the call.
 */
public final class NativeCalls implements SystemCalls {
    private final LibC libc;
    private final Runtime runtime;
    private final SocketMessages messages;
    private final Architecture architecture = Architecture.here();

    /**
     * Loads the native library.
     *
     * @throws VfioException ENOSYS where it cannot be loaded; EOPNOTSUPP on a system or processor that is not known
     */
    public NativeCalls() {
        try {
            libc = LibraryLoader.create(LibC.class).load("c");
            runtime = Runtime.getRuntime(libc);
        } catch (LinkageError | RuntimeException e) {
            throw new VfioException(Errno.ENOSYS, "load the native library for system calls: " + e + "; java.io.tmpdir ("
                    + System.getProperty("java.io.tmpdir") + ") must be writable and not mounted noexec", e);
        }
        messages = new SocketMessages(libc, architecture);
    }

    static int answer(long result) {
        return (int) (result < 0 ? -LastError.getInstance().get() : result);
    }

    private static void check(NativeBytes bytes, int start, int count) {
        if (start < 0 || count < 0 || count > bytes.size() - start) {
            throw new IndexOutOfBoundsException(count + " bytes from " + start + " on, of " + bytes.size());
        }
    }

    @Override
    public int open(String path, int flags, int mode) {
        return answer(libc.open(path, flags, mode));
    }

    @Override
    public int close(int fd) {
        return answer(libc.close(fd));
    }

    @Override
    public int ioctl(int fd, int request, NativeBytes struct) {
        // The struct is reachable until the fence; that it is as large as the request wants is the caller's to know.
        int result = answer(libc.ioctl(fd, Integer.toUnsignedLong(request), struct.address()));
        Reference.reachabilityFence(struct);
        return result;
    }

    @Override
    public int ioctl(int fd, int request, long value) {
        return answer(libc.ioctl(fd, Integer.toUnsignedLong(request), value));
    }

    @Override
    public int read(int fd, NativeBytes target, int start, int count) {
        check(target, start, count);
        // Within the target, which is reachable until the fence.
        int result = answer(libc.read(fd, target.address() + start, count));
        Reference.reachabilityFence(target);
        return result;
    }

    @Override
    public int write(int fd, NativeBytes source, int start, int count) {
        check(source, start, count);
        // Within the source, which is reachable until the fence.
        int result = answer(libc.write(fd, source.address() + start, count));
        Reference.reachabilityFence(source);
        return result;
    }

    @Override
    public int pread(int fd, NativeBytes target, int start, int count, long offset) {
        check(target, start, count);
        // Within the target, which is reachable until the fence.
        int result = answer(libc.pread(fd, target.address() + start, count, offset));
        Reference.reachabilityFence(target);
        return result;
    }

    @Override
    public int pwrite(int fd, NativeBytes source, int start, int count, long offset) {
        check(source, start, count);
        // Within the source, which is reachable until the fence.
        int result = answer(libc.pwrite(fd, source.address() + start, count, offset));
        Reference.reachabilityFence(source);
        return result;
    }

    @Override
    public long mmap(long address, long size, int protection, int flags, int fd, long offset) {
        // 0, or a mapping of the caller's that stays mapped: the kernel replaces its pages in one step.
        long mapped = libc.mmap(Pointer.wrap(runtime, address), size, protection, flags, fd, offset);
        return mapped == -1 ? -LastError.getInstance().get() : mapped;
    }

    @Override
    public int munmap(long address, long size) {
        // The caller's, and it knows that no buffer of it is reachable.
        return answer(libc.munmap(address, size));
    }

    @Override
    public ByteBuffer mapped(long address, int size) {
        return MemoryIO.getInstance().newDirectByteBuffer(address, size).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public int eventfd(int initial, int flags) {
        return answer(libc.eventfd(initial, flags));
    }

    @Override
    public int memfdCreate(String name, int flags) {
        return answer(libc.memfd_create(name, flags));
    }

    @Override
    public int ftruncate(int fd, long size) {
        return answer(libc.ftruncate(fd, size));
    }

    @Override
    public int fcntl(int fd, int command, long argument) {
        return answer(libc.fcntl(fd, command, argument));
    }

    @Override
    public int epollCreate(int flags) {
        return answer(libc.epoll_create1(flags));
    }

    @Override
    public int epollControl(int epoll, int operation, int fd, int events, long data) {
        NativeBytes event = architecture.epollEvent().allocate();
        event.bytes().putInt(architecture.epollEvent().offset("events"), events)
                .putLong(architecture.epollEvent().offset("data"), data);
        // The kernel copies the event before it returns.
        int result = answer(libc.epoll_ctl(epoll, operation, fd, event.address()));
        Reference.reachabilityFence(event);
        return result;
    }

    @Override
    public int epollWait(int epoll, NativeBytes events, long[] data, int millis) {
        int size = architecture.epollEvent().size();
        int most = Math.min(data.length, events.size() / size);
        // As many events as fit; reachable until the fence.
        int ready = answer(libc.epoll_wait(epoll, events.address(), most, millis));
        for (int i = 0; i < ready; i++) {
            data[i] = events.bytes().getLong(i * size + architecture.epollEvent().offset("data"));
        }
        Reference.reachabilityFence(events);
        return ready;
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        return answer(libc.socket(domain, type, protocol));
    }

    @Override
    public int bind(int fd, String path) {
        return messages.unixAddress(path, libc::bind, fd);
    }

    @Override
    public int connect(int fd, String path) {
        return messages.unixAddress(path, libc::connect, fd);
    }

    @Override
    public int bindNetlink(int fd, int groups) {
        return messages.bindNetlink(fd, groups);
    }

    @Override
    public int listen(int fd, int backlog) {
        return answer(libc.listen(fd, backlog));
    }

    @Override
    public int accept(int fd, int flags) {
        return answer(libc.accept4(fd, 0, 0, flags));
    }

    @Override
    public int shutdown(int fd, int how) {
        return answer(libc.shutdown(fd, how));
    }

    @Override
    public int send(int fd, NativeBytes source, int start, int count, int... descriptors) {
        check(source, start, count);
        return messages.send(fd, source, start, count, descriptors);
    }

    @Override
    public int receive(int fd, NativeBytes target, int start, int count, List<Integer> descriptors) {
        check(target, start, count);
        return messages.receive(fd, target, start, count, descriptors);
    }

    @Override
    public int receiveNetlink(int fd, NativeBytes target, int[] sender) {
        return messages.receiveNetlink(fd, target, sender);
    }

    @Override
    public int peer(int fd, int[] ids) {
        return messages.peer(fd, ids);
    }

    @Override
    public int setReceiveBuffer(int fd, int bytes) {
        return messages.setReceiveBuffer(fd, bytes);
    }
}
