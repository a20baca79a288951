// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import vfio.admin.ExitCode;
import vfio.admin.control.RunDirectory;

/**
 * A command line for a daemon, without the option that names the run directory.
 *
 * @param directory of the daemon that is meant
 */
record Arguments(Path directory, List<String> command) {
    /** The run directory of the daemon that is the system's service, docs/vfio.service. */
    private static final Path SERVICE = Path.of("/run/vfio");

    /**
     * Rewrites {@code help}, {@code help COMMAND} and {@code version} as the options of the same meaning, and returns any
     * other line unchanged.
     */
    static String[] plain(String[] args) {
        if (args.length == 1 && args[0].equals("version")) {
            return new String[] {"--version"};
        }
        if (args.length == 0 || !args[0].equals("help")) {
            return args;
        }
        String[] plain = Arrays.copyOfRange(args, 1, args.length + 1);
        plain[args.length - 1] = "--help";
        return plain;
    }

    /**
     * Takes the run directory from {@code --dir DIR} before {@code --}, else from {@code VFIO_DIR}, else takes the home's run
     * directory while a daemon has that, else the service's directory where there is one.
     *
     * @param variable the value of VFIO_DIR, or null
     */
    static Arguments of(String[] args, String variable, Home home) throws LaunchException {
        Path directory = daemonDirectory(variable, home, SERVICE);
        List<String> command = new ArrayList<>();
        boolean options = true;
        for (int i = 0; i < args.length; i++) {
            String arg = args[i];
            if (options && arg.equals("--dir")) {
                if (++i == args.length) {
                    throw new LaunchException(ExitCode.USAGE, "--dir needs the run directory of a daemon");
                }
                directory = path(args[i]);
            } else if (options && arg.startsWith("--dir=")) {
                directory = path(arg.substring("--dir=".length()));
            } else {
                options = options && !arg.equals("--");
                command.add(arg);
            }
        }
        return new Arguments(directory.toAbsolutePath().normalize(), command);
    }

    static Path daemonDirectory(String variable, Home home, Path service) throws LaunchException {
        Path directory = defaultDirectory(variable, home);
        boolean named = variable != null && !variable.isEmpty();
        return named || new RunDirectory(directory).hasPid() || !Files.isDirectory(service) ? directory : service;
    }

    /** Returns the run directory of {@code run} without {@code --dir}. */
    static Path defaultDirectory(String variable, Home home) throws LaunchException {
        return variable == null || variable.isEmpty() ? home.runDirectory() : path(variable).toAbsolutePath().normalize();
    }

    /** Returns the path that a text names in the locale's character set. */
    static Path path(String text) throws LaunchException {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new LaunchException(ExitCode.USAGE, "'" + text + "' is no path in this locale: " + e.getReason()
                    + "; set LC_ALL to a UTF-8 locale, such as C.UTF-8");
        }
    }
}
