// SPDX-License-Identifier: Apache-2.0
package launcher;

/** The exit codes that the launcher itself gives or looks at; vfio.admin has the whole table. */
final class ExitCodes {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;
    /** No daemon runs in the directory, or one runs already. */
    static final int DAEMON = 3;
    static final int INTERNAL = 70;
    /** Only between daemon and client: the daemon does not hold what was asked for, the client runs it standalone. */
    static final int NOT_HELD = 75;

    private ExitCodes() {
    }
}
