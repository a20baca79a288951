// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import vfio.core.Errno;
import vfio.core.VfioException;

/** What a command ends with: the one table of exit codes. */
public enum ExitCode {
    OK(0, "done, or so already"),
    REFUSED(1, "refused or failed; a sentence on stderr says why"),
    USAGE(2, "the command line cannot be read"),
    NO_DAEMON(3, "no daemon runs here; for run: one runs already"),
    NOT_FOUND(4, "nothing of that name"),
    BUSY(5, "busy: somebody or something uses it"),
    NOT_BOUND(6, "the function has no driver that this needs; bind one first"),
    INTERNAL(70, "internal error; the daemon's log has it"),
    NOT_HELD(75, "the daemon does not hold that bus; the vfio command then answers without it");

    private final int number;
    private final String text;

    ExitCode(int number, String text) {
        this.number = number;
        this.text = text;
    }

    /** The exit code of a refusal. */
    public static ExitCode of(VfioException refusal) {
        return switch (refusal.kind()) {
            case UNREADABLE -> USAGE;
            case UNKNOWN_NAME -> NOT_FOUND;
            case NOT_BOUND -> NOT_BOUND;
            case REFUSED -> refusal.errno() == Errno.EBUSY ? BUSY : REFUSED;
        };
    }

    public int number() {
        return number;
    }

    /** What it means, a clause. */
    public String text() {
        return text;
    }
}
