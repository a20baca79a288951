// SPDX-License-Identifier: Apache-2.0
package launcher;

/** Why the launcher cannot do what was asked: a sentence for the user, and the exit code. */
public final class LaunchException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    LaunchException(int exitCode, String sentence) {
        super(sentence);
        this.exitCode = exitCode;
    }

    public int exitCode() {
        return exitCode;
    }
}
