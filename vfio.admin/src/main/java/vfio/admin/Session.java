// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import java.io.PrintWriter;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.Errno;
import vfio.core.VfioException;

/** The client of a command: where the output goes and how wide it may be. */
@ConsumerType
public interface Session {

    PrintWriter out();

    PrintWriter err();

    /** Returns the width in columns; 0 where unknown, when nothing is shortened. */
    int width();

    /** Returns whether a terminal shows the output, so that it may be coloured. */
    boolean terminal();

    /** Returns whether the framework was started for this one command, and holds no state. */
    boolean standalone();

    /** Returns the run directory as messages name it; empty where unknown. */
    String directory();

    /**
     * Takes a place for a command that is about to run, which has the place until it ends.
     *
     * @throws VfioException EBUSY where too many of its kind run already, ECONNRESET where nobody waits for it any more
     */
    default void begin(Command.Kind kind) {
    }

    /**
     * Returns whether nobody waits for the answer any more, or the daemon ends and the command is no {@linkplain
     * Command.Kind#ACT act}. The command's thread is interrupted then too, unless the command is an act.
     */
    boolean cancelled();

    /** Returns whether the daemon ends. */
    default boolean ending() {
        return false;
    }

    /**
     * Lets a command go on unless it is cancelled. A command that prints very much calls this for each row.
     *
     * @throws VfioException EINTR where it is cancelled
     */
    default void proceed() {
        if (cancelled()) {
            throw new VfioException(Errno.EINTR, ending() ? "the daemon ends" : "nobody waits for the answer any more");
        }
    }

    /** Has {@code act} run once the command's whole answer was delivered, or its reader is gone. */
    void afterwards(Runnable act);
}
