// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import java.io.PrintWriter;
import vfio.core.Errno;
import vfio.core.VfioException;

/**
 * The failure of a command: on standard error a sentence for people, or with {@code --json} one line with an object for
 * programs. Standard output holds answers alone.
 *
 * @param errno the kernel's name of it, or null where none is meant
 * @param object what the command was about, as the command line names it, or null
 */
public record Failure(ExitCode code, String message, String errno, String object) {
    private record Told(String message, String errno, int code, String object) {
    }

    /** Returns a failure without errno and object. */
    public static Failure of(ExitCode code, String message) {
        return new Failure(code, message, null, null);
    }

    /** Returns the failure of a refusal, with its exit code. */
    public static Failure of(VfioException refusal, String object) {
        return new Failure(code(refusal), refusal.getMessage(), refusal.errno().name(), object);
    }

    private static ExitCode code(VfioException refusal) {
        return switch (refusal.kind()) {
            case UNREADABLE -> ExitCode.USAGE;
            case UNKNOWN_NAME -> ExitCode.NOT_FOUND;
            case NOT_BOUND -> ExitCode.NOT_BOUND;
            case REFUSED, HELD, NOT_HANDED_OVER, LEFT, STUCK ->
                refusal.errno() == Errno.EBUSY ? ExitCode.BUSY : ExitCode.REFUSED;
        };
    }

    /** Prints the failure, after all output of the session so far, and returns its exit code. */
    public ExitCode tell(Session session, boolean json) {
        PrintWriter err = session.err();
        session.out().flush();
        if (json) {
            err.print(Json.line("error", new Told(message, errno, code.number(), object)));
        } else {
            err.println("vfio: " + Text.visible(message));
        }
        err.flush();
        return code;
    }
}
