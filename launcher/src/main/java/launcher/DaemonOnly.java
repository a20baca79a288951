// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The commands that only a daemon can answer. Where none runs, the launcher refuses such a command at once, since a framework
 * in which the command itself does so takes a second to start. A command that this list lacks is merely slower.
 */
final class DaemonOnly {
    private static final Set<String> NAMES = Set.of("status", "stop", "events", "why", "bind", "unbind", "override", "policy",
            "drivers", "new-id", "remove-id", "regions", "irqs", "read", "write", "dump", "reset", "hot-reset",
            "reset-method", "vfs", "files", "pin", "unpin", "update", "rollback", "hold", "unhold", "state");
    /** The option with which a command needs no daemon, by command. */
    private static final Map<String, String> UNLESS = Map.of("list", "--bus", "candidates", "--modalias");

    private DaemonOnly() {
    }

    /** Returns whether a command needs a daemon. With {@code --help} none does. */
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
