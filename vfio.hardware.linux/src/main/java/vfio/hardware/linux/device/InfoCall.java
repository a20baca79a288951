// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.device;

import java.nio.ByteBuffer;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.info.InfoCapability;
import vfio.os.Fd;
import vfio.os.call.NativeBytes;
import vfio.os.call.StructLayout;

/** A call for a struct with argsz and capabilities after it. */
final class InfoCall {
    /** The most bytes of a chain of capabilities; the kernel's are far smaller. */
    private static final int LARGEST = 64 << 10;
    private static final int INDEX = 8;
    private static final int NONE = -1;

    private InfoCall() {
    }

    /** Asks about the file as a whole. */
    static ByteBuffer ask(Fd file, String act, int request, StructLayout layout) {
        return ask(file, act, request, layout, NONE);
    }

    /** Asks with the struct alone, and once more with room for capabilities where the answer has some. */
    static ByteBuffer ask(Fd file, String act, int request, StructLayout layout, int index) {
        ByteBuffer answer = once(file, act, request, layout.size(), index);
        long needed = InfoCapability.needed(answer);
        if (needed > LARGEST) {
            throw new VfioException(Errno.EIO, act + " of " + file.name() + ": the kernel wants " + needed + " bytes for it");
        }
        return needed > answer.capacity() ? once(file, act, request, (int) needed, index) : answer;
    }

    private static ByteBuffer once(Fd file, String act, int request, int size, int index) {
        NativeBytes struct = NativeBytes.allocate(size);
        struct.bytes().putInt(0, size);
        if (index != NONE) {
            struct.bytes().putInt(INDEX, index);
        }
        file.ioctl(act, request, struct);
        return struct.bytes();
    }
}
