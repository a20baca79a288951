// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.util.Optional;

/** The code that has begun the end of this process, as the threads' stacks show while its shutdown hooks run. */
final class ExitCall {
    private ExitCall() {
    }

    /** Returns the frame that has called {@code System.exit}; empty where a signal ends the process. */
    static Optional<String> caller() {
        Optional<String> caller = Optional.empty();
        for (StackTraceElement[] stack : Thread.getAllStackTraces().values()) {
            for (int i = 0; i < stack.length; i++) {
                if (stack[i].getClassName().startsWith("java.lang.Terminator")) {
                    return Optional.empty();
                }
                if (stack[i].getClassName().equals("java.lang.Runtime") && stack[i].getMethodName().equals("exit")) {
                    caller = Optional.of(above(stack, i));
                }
            }
        }
        return caller;
    }

    private static String above(StackTraceElement[] stack, int exit) {
        for (int i = exit + 1; i < stack.length; i++) {
            if (!stack[i].getClassName().startsWith("java.lang.")) {
                return stack[i].toString();
            }
        }
        return "unknown code";
    }
}
