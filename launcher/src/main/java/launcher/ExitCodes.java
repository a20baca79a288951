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
    /** The reader of the output has gone: what a shell reports for a program ended by SIGPIPE. */
    static final int READER_GONE = 141;
    /** Only between daemon and client: the daemon does not hold what was asked for, the client runs it standalone. */
    static final int NOT_HELD = 75;
    /** Only within the launcher: there is no daemon to answer. */
    static final int NO_DAEMON = -1;

    private ExitCodes() {
    }
}
