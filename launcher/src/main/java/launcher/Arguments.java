// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A command line for a daemon: the run directory taken out of it, the rest as it was.
 *
 * @param directory of the daemon that is meant
 */
record Arguments(Path directory, List<String> command) {

    /**
     * {@code --dir DIR} before {@code --}, else {@code VFIO_DIR}, else the home's run directory.
     *
     * @param variable the value of VFIO_DIR, or null
     */
    static Arguments of(String[] args, String variable, Home home) throws LaunchException {
        Path directory = defaultDirectory(variable, home);
        List<String> command = new ArrayList<>();
        boolean options = true;
        for (int i = 0; i < args.length; i++) {
            String arg = args[i];
            if (options && arg.equals("--dir")) {
                if (++i == args.length) {
                    throw new LaunchException(ExitCodes.USAGE, "--dir needs the run directory of a daemon");
                }
                directory = Path.of(args[i]);
            } else if (options && arg.startsWith("--dir=")) {
                directory = Path.of(arg.substring("--dir=".length()));
            } else {
                options = options && !arg.equals("--");
                command.add(arg);
            }
        }
        return new Arguments(directory.toAbsolutePath().normalize(), command);
    }

    static Path defaultDirectory(String variable, Home home) {
        return variable == null || variable.isEmpty() ? home.runDirectory() : Path.of(variable).toAbsolutePath().normalize();
    }
}
