// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import java.util.List;
import vfio.core.Errno;
import vfio.core.VfioException;

/** The calls through devices that the calling thread is inside now; the thread's stack tells them, in microseconds. */
final class OwnCalls {
    private static final StackWalker STACK = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    private OwnCalls() {
    }

    /** Tells whether the calling thread is inside a call, through any device. */
    static boolean any() {
        return STACK.walk(frames -> frames.anyMatch(frame -> {
            CallPath path = frame.getDeclaringClass().getAnnotation(CallPath.class);
            return path != null && (path.gated().length == 0 || isGated(path, frame));
        }));
    }

    /** Returns the number of these calls that are inside a gate, of any device: each has one frame of a gated method. */
    static long inside() {
        return STACK.walk(frames -> frames.filter(frame -> {
            CallPath path = frame.getDeclaringClass().getAnnotation(CallPath.class);
            return path != null && isGated(path, frame);
        }).count());
    }

    private static boolean isGated(CallPath path, StackWalker.StackFrame frame) {
        return List.of(path.gated()).contains(frame.getMethodName());
    }

    /** Returns the refusal of an act that would wait for the calling thread's own calls. */
    static VfioException refused(String act, String why) {
        return new VfioException(Errno.EDEADLK, act + ": " + why + " a call of this same thread through the device, such as "
                + "the access that raised the interrupt whose listener asks; do it on another thread");
    }
}
