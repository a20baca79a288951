// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import org.osgi.annotation.versioning.ConsumerType;

/** A command with its options filled in. One object serves one run. */
@ConsumerType
public interface Command {

    /** The kind of a command, which decides its place in the daemon and what becomes of it when its client is gone. */
    enum Kind {
        /** Answers at once from what is known. Places are kept for this kind, whatever else goes on. */
        PROMPT,
        /** Prints a row for each of very many things; few run at a time. Ends with its client. */
        ROWS,
        /** Goes on until its client is gone, and waits most of the time; takes no place of another kind. */
        FOLLOW,
        /** Changes something, or waits for a device or a host. Goes on to its end when its client is gone. */
        ACT
    }

    /** Returns the command's kind, with the options it was given. */
    default Kind kind() {
        return Kind.ACT;
    }

    /** Returns the heading under which help lists the command. */
    String group();

    /**
     * Returns whether the command can answer, with the options it was given, in a framework without state, that is without a
     * daemon.
     */
    default boolean stateless() {
        return false;
    }

    /**
     * Runs the command.
     *
     * @throws vfio.core.VfioException shown as its sentence
     */
    ExitCode run(Session session);
}
