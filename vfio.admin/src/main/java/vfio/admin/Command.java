// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import org.osgi.annotation.versioning.ConsumerType;

/** A command with its options filled in. One object serves one run. */
@ConsumerType
public interface Command {

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
