// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import java.io.PrintWriter;
import org.osgi.annotation.versioning.ConsumerType;

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

    /** Whether nobody waits for the answer any more. The command's thread is interrupted as well. */
    boolean cancelled();

    /** Has {@code act} run once the command's whole answer was delivered, or its reader is gone. */
    void afterwards(Runnable act);
}
