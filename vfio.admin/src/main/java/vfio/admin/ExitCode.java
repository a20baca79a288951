// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

/** The exit codes of the {@code vfio} command: the one table, also in the launcher's jar. Needs no other class of ours. */
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

    /** Returns the number that the process ends with, 0 to 255. */
    public int number() {
        return number;
    }

    /** Returns the meaning as a clause, for the help. */
    public String text() {
        return text;
    }
}
