// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import java.io.PrintWriter;
import org.osgi.annotation.versioning.ConsumerType;
import vfio.core.Errno;
import vfio.core.VfioException;

/** Whom a command answers: where its output goes and how wide it may be. */
@ConsumerType
public interface Session {

    PrintWriter out();

    PrintWriter err();

    /** Columns, 0 where unknown: nothing is shortened then. */
    int width();

    /** Whether a terminal shows the output, so that it may be coloured. */
    boolean terminal();

    /** Whether the framework was started for this one command, and holds no state. */
    boolean standalone();

    /** The run directory, as messages name it; empty where unknown. */
    String directory();

    /**
     * Takes the place of a command that is about to run, which it has until it ends.
     *
     * @throws VfioException EBUSY where too many of its kind run already, ECONNRESET where nobody waits for it any more
     */
    default void begin(Command.Kind kind) {
    }

    /**
     * Whether nobody waits for the answer any more, or the daemon ends and the command is no {@linkplain Command.Kind#ACT
     * act}. The command's thread is interrupted as well, but that of an act.
     */
    boolean cancelled();

    /** Whether the daemon ends. */
    default boolean ending() {
        return false;
    }

    /**
     * Says whether to go on: what prints very much asks for each row.
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
