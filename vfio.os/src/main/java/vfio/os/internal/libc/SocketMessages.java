// SPDX-License-Identifier: Apache-2.0
package vfio.os.internal.libc;

import static vfio.os.internal.libc.HeaderNumbers.AF_NETLINK;
import static vfio.os.internal.libc.HeaderNumbers.AF_UNIX;
import static vfio.os.internal.libc.HeaderNumbers.SCM_MAX_FD;
import static vfio.os.internal.libc.NativeCalls.answer;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import vfio.core.Errno;
import vfio.os.call.NativeBytes;
import vfio.os.call.StructLayout;

/**
 * The calls of sockets whose arguments are structs. Each struct is made for one call and reachable until the call is over.
 */
final class SocketMessages {
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUF = 8;
    private static final int SO_PEERCRED = 17;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_CTRUNC = 8;
    private static final int MSG_TRUNC = 0x20;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x4000_0000;

    private final LibC libc;
    private final StructLayout iovec;
    private final StructLayout msghdr;
    private final StructLayout cmsghdr;
    private final StructLayout sockaddrUn;
    private final StructLayout sockaddrNl;
    private final StructLayout ucred;

    SocketMessages(LibC libc, Architecture architecture) {
        this.libc = libc;
        iovec = architecture.iovec();
        msghdr = architecture.msghdr();
        cmsghdr = architecture.cmsghdr();
        sockaddrUn = architecture.sockaddrUn();
        sockaddrNl = architecture.sockaddrNl();
        ucred = architecture.ucred();
    }

    /** A call with a socket and an address. */
    interface AddressCall {
        int call(int fd, long address, int length);
    }

    int unixAddress(String path, AddressCall call, int fd) {
        byte[] text = path.getBytes(StandardCharsets.UTF_8);
        int start = sockaddrUn.offset("sun_path");
        if (text.length >= sockaddrUn.size() - start) { // a zero must follow
            return -Errno.ENAMETOOLONG.number();
        }
        NativeBytes address = sockaddrUn.allocate();
        address.bytes().putShort(0, AF_UNIX).put(start, text);
        // The kernel copies the address before it returns.
        int result = answer(call.call(fd, address.address(), sockaddrUn.size()));
        Reference.reachabilityFence(address);
        return result;
    }

    int bindNetlink(int fd, int groups) {
        NativeBytes address = sockaddrNl.allocate();
        address.bytes().putShort(0, AF_NETLINK).putInt(sockaddrNl.offset("nl_groups"), groups);
        // The kernel copies the address before it returns.
        int result = answer(libc.bind(fd, address.address(), sockaddrNl.size()));
        Reference.reachabilityFence(address);
        return result;
    }

    /** One message; the memory that its header points to is reachable as long as this object. */
    private final class Message {
        final NativeBytes header = msghdr.allocate();
        private final NativeBytes vector = iovec.allocate();
        private final NativeBytes data;
        private final NativeBytes name;
        final NativeBytes control;

        Message(NativeBytes data, int start, int count, NativeBytes name, NativeBytes control) {
            this.data = data;
            this.name = name;
            this.control = control;
            vector.bytes().putLong(iovec.offset("iov_base"), data.address() + start)
                    .putLong(iovec.offset("iov_len"), count);
            header.bytes().putLong(msghdr.offset("msg_iov"), vector.address()).putLong(msghdr.offset("msg_iovlen"), 1);
            if (name != null) {
                header.bytes().putLong(msghdr.offset("msg_name"), name.address())
                        .putInt(msghdr.offset("msg_namelen"), name.size());
            }
            if (control != null) {
                header.bytes().putLong(msghdr.offset("msg_control"), control.address())
                        .putLong(msghdr.offset("msg_controllen"), control.size());
            }
        }

        int send(int fd) {
            // Header, vector, data and control are reachable until the fence.
            int result = answer(libc.sendmsg(fd, header.address(), MSG_NOSIGNAL));
            Reference.reachabilityFence(this);
            return result;
        }

        int receive(int fd) {
            // Header, vector, data, name and control are reachable until the fence.
            int result = answer(libc.recvmsg(fd, header.address(), MSG_CMSG_CLOEXEC));
            Reference.reachabilityFence(this);
            return result;
        }

        int flags() {
            return header.bytes().getInt(msghdr.offset("msg_flags"));
        }

        long controlLength() {
            return header.bytes().getLong(msghdr.offset("msg_controllen"));
        }
    }

    int send(int fd, NativeBytes source, int start, int count, int... descriptors) {
        NativeBytes control = null;
        if (descriptors.length > 0) {
            int length = cmsghdr.size() + descriptors.length * Integer.BYTES;
            control = NativeBytes.allocate(aligned(length));
            ByteBuffer bytes = control.bytes();
            bytes.putLong(cmsghdr.offset("cmsg_len"), length).putInt(cmsghdr.offset("cmsg_level"), SOL_SOCKET)
                    .putInt(cmsghdr.offset("cmsg_type"), SCM_RIGHTS);
            for (int i = 0; i < descriptors.length; i++) {
                bytes.putInt(cmsghdr.size() + i * Integer.BYTES, descriptors[i]);
            }
        }
        return new Message(source, start, count, null, control).send(fd);
    }

    int receive(int fd, NativeBytes target, int start, int count, List<Integer> descriptors) {
        NativeBytes control = NativeBytes.allocate(aligned(cmsghdr.size() + SCM_MAX_FD * Integer.BYTES));
        Message message = new Message(target, start, count, null, control);
        int result = message.receive(fd);
        if (result < 0) {
            return result;
        }
        int before = descriptors.size();
        addRights(control.bytes(), message.controlLength(), descriptors);
        if ((message.flags() & (MSG_CTRUNC | MSG_TRUNC)) != 0) {
            List<Integer> came = descriptors.subList(before, descriptors.size());
            came.forEach(libc::close);
            came.clear();
            return -Errno.EMSGSIZE.number();
        }
        return result;
    }

    /** Adds the descriptors of the control messages that the kernel wrote; messages of other kinds are passed over. */
    private void addRights(ByteBuffer control, long length, List<Integer> descriptors) {
        int at = 0;
        while (at + cmsghdr.size() <= length) {
            long size = control.getLong(at + cmsghdr.offset("cmsg_len"));
            if (size < cmsghdr.size() || size > length - at) {
                return;
            }
            if (control.getInt(at + cmsghdr.offset("cmsg_level")) == SOL_SOCKET
                    && control.getInt(at + cmsghdr.offset("cmsg_type")) == SCM_RIGHTS) {
                for (int i = at + cmsghdr.size(); i + Integer.BYTES <= at + size; i += Integer.BYTES) {
                    descriptors.add(control.getInt(i));
                }
            }
            at += aligned((int) size);
        }
    }

    private static int aligned(int size) {
        return size + Long.BYTES - 1 & -Long.BYTES;
    }

    int receiveNetlink(int fd, NativeBytes target, int[] sender) {
        NativeBytes name = sockaddrNl.allocate();
        Message message = new Message(target, 0, target.size(), name, null);
        int result = message.receive(fd);
        sender[0] = name.bytes().getInt(sockaddrNl.offset("nl_pid"));
        return result >= 0 && (message.flags() & MSG_TRUNC) != 0 ? -Errno.EMSGSIZE.number() : result;
    }

    int peer(int fd, int[] ids) {
        NativeBytes credentials = ucred.allocate();
        NativeBytes length = NativeBytes.allocate(Integer.BYTES);
        length.bytes().putInt(0, ucred.size());
        // Both are reachable until the fences.
        int result = answer(libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials.address(), length.address()));
        Reference.reachabilityFence(length);
        ids[0] = credentials.bytes().getInt(ucred.offset("pid"));
        ids[1] = credentials.bytes().getInt(ucred.offset("uid"));
        ids[2] = credentials.bytes().getInt(ucred.offset("gid"));
        Reference.reachabilityFence(credentials);
        return result;
    }

    int setReceiveBuffer(int fd, int bytes) {
        NativeBytes value = NativeBytes.allocate(Integer.BYTES);
        value.bytes().putInt(0, bytes);
        // The kernel copies the number before it returns.
        int result = answer(libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, value.address(), Integer.BYTES));
        Reference.reachabilityFence(value);
        return result;
    }
}
