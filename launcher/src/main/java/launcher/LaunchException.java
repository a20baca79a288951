// SPDX-License-Identifier: Apache-2.0
package launcher;

import vfio.admin.ExitCode;

/** The refusal of the launcher: a sentence for the user, and the exit code. */
public final class LaunchException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    LaunchException(ExitCode exitCode, String sentence) {
        this(exitCode.number(), sentence);
    }

    /** @param exitCode a daemon's answer, or a number that shells know and {@link ExitCode} does not have */
    LaunchException(int exitCode, String sentence) {
        super(sentence);
        this.exitCode = exitCode;
    }

    public int exitCode() {
        return exitCode;
    }
}
