// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of {@code vfio run}. */
@Command(name = "vfio run", sortOptions = false, usageHelpWidth = 100,
        description = "Starts the daemon: framework, buses, drivers. It stays in the foreground; end it with ./vfio stop or Ctrl-C.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:ended by stop or a signal", "1:could not start", "2:the command line is wrong",
            "3:a daemon runs in this directory already"})
final class RunOptions {
    @Spec
    private CommandSpec spec;

    @Option(names = "--bus", paramLabel = "BUS", description = "emulated or linux; may be repeated (default: emulated)")
    private List<String> buses = new ArrayList<>();

    @Option(names = "--topology", paramLabel = "FILE", description = "what the emulated bus is made of (default: built in)")
    private Path topology;

    @Option(names = "--drivers", paramLabel = "DIR", description = "the folder of driver bundles to watch (default: drivers)."
            + " Where there is none it is made, with the generic and the igd driver in it")
    private Path drivers;

    @Option(names = "--dir", paramLabel = "DIR", description = "the run directory (default: $$VFIO_DIR, else run)."
            + " DIR/config/PID.properties files are read for settings")
    private Path directory;

    @Option(names = "--policy", paramLabel = "PATTERN=POLICY", description = "how functions are bound: manual, auto or"
            + " 'pinned DRIVER'; may be repeated, the latest that names a function decides")
    private List<String> policies = new ArrayList<>();

    @Option(names = "--set", paramLabel = "PID:KEY=VALUE", description = "one setting of one component; may be repeated."
            + " KEY[] takes a list with commas")
    private List<String> assignments = new ArrayList<>();

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "this text")
    private boolean help;

    private RunOptions() {
    }

    /** A parser that knows what to print where there is nothing to run. */
    static final class Parsed {
        private final RunOptions options = new RunOptions();
        private final CommandLine line = new CommandLine(options);

        /**
         * @return null where help was asked for and printed
         * @throws LaunchException with a sentence, for a wrong command line
         */
        Settings settings(List<String> args, Home home, Path directory, boolean terminal, PrintWriter out)
                throws LaunchException {
            try {
                line.parseArgs(args.toArray(String[]::new));
                if (line.isUsageHelpRequested()) {
                    line.usage(out);
                    out.flush();
                    return null;
                }
                return options.settings(home, directory, terminal);
            } catch (ParameterException | IllegalArgumentException e) {
                throw new LaunchException(ExitCodes.USAGE, e.getMessage() + "; see ./vfio run --help");
            }
        }
    }

    private Settings settings(Home home, Path defaultDirectory, boolean terminal) {
        Set<String> chosen = new LinkedHashSet<>(buses.isEmpty() ? List.of(Settings.EMULATED) : buses);
        for (String bus : chosen) {
            require(bus.equals(Settings.EMULATED) || bus.equals(Settings.LINUX), "there is no bus '" + bus
                    + "', only emulated and linux");
        }
        require(topology == null || chosen.contains(Settings.EMULATED), "--topology is of the emulated bus; add --bus emulated");
        require(topology == null || Files.isReadable(topology), "cannot read topology file " + topology);
        for (String policy : policies) {
            require(policy.indexOf('=') > 0, "'" + policy + "' is no PATTERN=POLICY, such as '0000:01:*=auto'");
        }
        List<Settings.Assignment> parsed = assignments.stream().map(Settings.Assignment::parse).toList();
        for (Settings.Assignment each : parsed) {
            require(!Configurations.isOfAbsentBus(each.pid(), chosen), each.pid() + " is set and the bus is not chosen; add --bus");
        }
        return new Settings(home, chosen, absolute(topology, null), absolute(drivers, home.drivers()),
                absolute(directory, defaultDirectory), policies, parsed, terminal, false);
    }

    private void require(boolean holds, String sentence) {
        if (!holds) {
            throw new ParameterException(spec.commandLine(), sentence);
        }
    }

    private static Path absolute(Path path, Path otherwise) {
        return path == null ? otherwise : path.toAbsolutePath().normalize();
    }
}
