// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The commands that only a daemon can answer. Without one that is said at once: to start a framework that has the commands
 * themselves say so takes a second. A command that is not named here is merely slower.
 */
final class DaemonOnly {
    private static final Set<String> NAMES = Set.of("status", "stop", "events", "why", "bind", "unbind", "override", "policy",
            "drivers", "new-id", "remove-id", "regions", "irqs", "read", "write", "dump", "reset", "hot-reset", "reset-method",
            "vfs", "files", "pin", "unpin");
    /** The option with which a command is of something else than a daemon's own functions. */
    private static final Map<String, String> UNLESS = Map.of("list", "--bus", "candidates", "--modalias");

    private DaemonOnly() {
    }

    /** Whether a command needs a daemon; to be told of it by {@code --help} does not. */
    static boolean isNamed(List<String> command) {
        if (command.isEmpty() || asksForHelp(command)) {
            return false;
        }
        String option = UNLESS.get(command.get(0));
        return NAMES.contains(command.get(0)) || option != null && !has(command, option);
    }

    static boolean asksForHelp(List<String> command) {
        return command.contains("--help") || command.contains("-h");
    }

    private static boolean has(List<String> command, String option) {
        for (String arg : command) {
            if (arg.equals(option) || arg.startsWith(option + "=")) {
                return true;
            }
        }
        return false;
    }
}
