// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;

/** The calling thread's own calls through devices, within which its code runs now; told by its stack, in microseconds. */
final class OwnCalls {
    private static final StackWalker STACK = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    private OwnCalls() {
    }

    /** Tells whether there is one, through whichever device. */
    static boolean any() {
        return STACK.walk(frames -> frames.anyMatch(frame -> {
            CallPath path = frame.getDeclaringClass().getAnnotation(CallPath.class);
            return path != null && (path.gated().length == 0 || isGated(path, frame));
        }));
    }

    /** Returns how many of them are inside a gate, of whichever device: each has one frame of a gated method. */
    static long inside() {
        return STACK.walk(frames -> frames.filter(frame -> {
            CallPath path = frame.getDeclaringClass().getAnnotation(CallPath.class);
            return path != null && isGated(path, frame);
        }).count());
    }

    private static boolean isGated(CallPath path, StackWalker.StackFrame frame) {
        return List.of(path.gated()).contains(frame.getMethodName());
    }

    /** The answer to an act that would wait for the calling thread's own calls. */
    static VfioException refused(String act, String why) {
        return new VfioException(Errno.EDEADLK, act + ": " + why + " a call of this same thread through the device, such as "
                + "the access that raised the interrupt whose listener asks; do it on another thread");
    }
}
