// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import vfio.core.Errno;
import vfio.core.VfioException;

/** The calling thread's own calls through devices, within which its code runs now; told by its stack, in microseconds. */
final class OwnCalls {
    private static final StackWalker STACK = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    private OwnCalls() {
    }

    /** Whether there is one, through whichever device. */
    static boolean any() {
        return STACK.walk(frames -> frames.anyMatch(frame -> frame.getDeclaringClass() == Region.class || isCall(frame)));
    }

    /** How many of them are inside a gate, of whichever device: each has one frame of those that run the driver's code. */
    static long inside() {
        return STACK.walk(frames -> frames.filter(frame -> isCall(frame) || frame.getDeclaringClass() == DeviceRegion.class
                && DeviceRegion.ACCESSES.contains(frame.getMethodName())).count());
    }

    private static boolean isCall(StackWalker.StackFrame frame) {
        return frame.getDeclaringClass() == OpenDevice.class && frame.getMethodName().equals(OpenDevice.CALL);
    }

    /** The answer to an act that would wait for the calling thread's own calls. */
    static VfioException refused(String act, String why) {
        return new VfioException(Errno.EDEADLK, act + ": " + why + " a call of this same thread through the device, such as "
                + "the access that raised the interrupt whose listener asks; do it on another thread");
    }
}
