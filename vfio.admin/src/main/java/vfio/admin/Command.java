// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import org.osgi.annotation.versioning.ConsumerType;

/** A command with its options filled in. One object serves one run. */
@ConsumerType
public interface Command {

    /** How a command goes on: which of the daemon's places it takes, and what becomes of it when its client is gone. */
    enum Kind {
        /** Answers at once from what is known. Places are kept for such, whatever else goes on. */
        PROMPT,
        /** Prints a row for each of very many things; few such run at a time. Ends with its client. */
        ROWS,
        /** Goes on until its client is gone, and waits most of the time; takes no other command's place. */
        FOLLOW,
        /** Changes something, or waits for a device or a host: goes on to its end when its client is gone. */
        ACT
    }

    /** Its kind, with the options it was given. */
    default Kind kind() {
        return Kind.ACT;
    }

    /** The heading under which help lists it. */
    String group();

    /** Whether it can answer, with the options it was given, in a framework that holds no state: without a daemon. */
    default boolean stateless() {
        return false;
    }

    /**
     * Runs it.
     *
     * @throws vfio.core.VfioException shown as its sentence
     */
    ExitCode run(Session session);
}
