// SPDX-License-Identifier: Apache-2.0
package vfio.admin;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The runner of command lines: the one way in for every operator face. */
@ProviderType
public interface CommandRunner {

    /**
     * Runs a command to its end. Every failure is told on the session; nothing is thrown.
     *
     * @param args without the program's name
     * @return the exit code, one of {@link ExitCode}'s
     */
    int run(List<String> args, Session session);
}
