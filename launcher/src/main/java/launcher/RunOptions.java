// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import vfio.admin.ExitCode;

/**
 * The command line of {@code vfio run}. Its options are stated by calls and not by annotations: picocli reads annotations by
 * reflection, which takes longer than all the rest of a daemon's way to its framework.
 */
final class RunOptions {
    private static final int WIDEST = 100;
    /** The smallest width at which picocli breaks lines. */
    private static final int NARROWEST = 55;
    private static final String[] DESCRIPTION = {
        "Starts the daemon: framework, buses, drivers. It stays in the foreground; end it with ./vfio stop or Ctrl-C."};
    private static final Map<String, String> EXIT_CODES = new LinkedHashMap<>();

    static {
        explain(ExitCode.OK, "ended by stop or a signal");
        explain(ExitCode.REFUSED, "could not start or end");
        explain(ExitCode.USAGE, "the command line is wrong");
        explain(ExitCode.NO_DAEMON, "a daemon has this directory already");
        explain(ExitCode.INTERNAL, "a bundle has ended the process, or stopped what the daemon is made of");
    }

    private final CommandSpec spec = CommandSpec.create().name("vfio run");
    private final OptionSpec buses = many("--bus", "BUS", "emulated or linux; may be repeated (default: emulated)");
    private final OptionSpec topology = path("--topology", "FILE", "what the emulated bus is made of (default: built in)");
    private final OptionSpec drivers = path("--drivers", "DIR", "the folder of driver bundles to watch (default: drivers)."
            + " Where there is none it is made, with the generic and the igd driver in it");
    private final OptionSpec directory = path("--dir", "DIR", "the run directory: socket, lock and pid, nothing that has to"
            + " outlive the daemon (default: $$VFIO_DIR, else run)");
    private final OptionSpec state = path("--state", "DIR", "the state directory: all that lasts, such as who had a function"
            + " of this host before it was taken, pins, and the settings in DIR/config/PID.properties (default: $$VFIO_STATE,"
            + " else the run directory)");
    private final OptionSpec programs = added(OptionSpec.builder("--program").paramLabel("FILE").description("the bundle of a"
            + " program that uses functions, started last; may be repeated").type(List.class).auxiliaryTypes(Path.class)
            .converters(Arguments::path).arity("1"));
    private final OptionSpec policies = many("--policy", "PATTERN=POLICY", "how functions are bound: manual, auto or"
            + " 'pinned DRIVER'; may be repeated, the latest that names a function decides");
    private final OptionSpec assignments = many("--set", "PID:KEY=VALUE", "one setting of one component; may be repeated."
            + " KEY[] takes a list with commas");

    private RunOptions(int width) {
        spec.usageMessage().description(DESCRIPTION).sortOptions(false).width(width)
                .exitCodeListHeading("%nExit codes:%n").exitCodeList(EXIT_CODES);
        spec.addOption(OptionSpec.builder("-h", "--help").usageHelp(true).arity("0").type(boolean.class)
                .description("this text").build());
    }

    private static void explain(ExitCode code, String meaning) {
        EXIT_CODES.put(String.valueOf(code.number()), meaning);
    }

    private OptionSpec many(String name, String label, String description) {
        return added(OptionSpec.builder(name).paramLabel(label).description(description).type(List.class)
                .auxiliaryTypes(String.class).arity("1"));
    }

    private OptionSpec path(String name, String label, String description) {
        return added(OptionSpec.builder(name).paramLabel(label).description(description).type(Path.class)
                .converters(Arguments::path).arity("1"));
    }

    private OptionSpec added(OptionSpec.Builder builder) {
        OptionSpec option = builder.build();
        spec.addOption(option);
        return option;
    }

    /** The parser of one line, with the help that it prints where there is nothing to run. */
    static final class Parsed {
        private final RunOptions options;
        private final CommandLine line;

        /** @param terminal whose width its help has, as far as it can be read at that */
        Parsed(Terminal terminal) {
            int width = terminal.width() == 0 ? WIDEST : terminal.width();
            options = new RunOptions(Math.max(NARROWEST, Math.min(WIDEST, width)));
            line = new CommandLine(options.spec);
        }

        /**
         * @param directory the run directory, unless the line names another
         * @param state the state directory, unless the line names another; null for the run directory
         * @return null where help was asked for and printed
         * @throws LaunchException with a sentence, for a wrong command line
         */
        Settings settings(List<String> args, Home home, Path directory, Path state, boolean terminal, PrintWriter out)
                throws LaunchException {
            try {
                line.parseArgs(args.toArray(String[]::new));
                if (line.isUsageHelpRequested()) {
                    line.usage(out);
                    out.flush();
                    return null;
                }
                return options.settings(home, directory, state, terminal);
            } catch (ParameterException | IllegalArgumentException e) {
                throw new LaunchException(ExitCode.USAGE, e.getMessage() + "; see ./vfio run --help");
            }
        }
    }

    private Settings settings(Home home, Path defaultDirectory, Path defaultState, boolean terminal) {
        List<String> named = values(buses);
        Set<String> chosen = new LinkedHashSet<>(named.isEmpty() ? List.of(Settings.EMULATED) : named);
        for (String bus : chosen) {
            require(bus.equals(Settings.EMULATED) || bus.equals(Settings.LINUX), "there is no bus '" + bus
                    + "', only emulated and linux");
        }
        Path file = topology.getValue();
        require(file == null || chosen.contains(Settings.EMULATED), "--topology is of the emulated bus; add --bus emulated");
        require(file == null || Files.isReadable(file), "cannot read topology file " + file);
        for (String policy : RunOptions.<String>values(policies)) {
            require(policy.indexOf('=') > 0, "'" + policy + "' is no PATTERN=POLICY, such as '0000:01:*=auto'");
        }
        List<Settings.Assignment> parsed = RunOptions.<String>values(assignments).stream().map(Settings.Assignment::parse).toList();
        for (Settings.Assignment each : parsed) {
            require(!Configurations.isOfAbsentBus(each.pid(), chosen),
                    each.pid() + " is set and the bus is not chosen; add --bus");
        }
        Path run = absolute(directory.getValue(), defaultDirectory);
        return new Settings(home, chosen, absolute(file, null), absolute(drivers.getValue(), home.drivers()), run,
                absolute(state.getValue(), defaultState == null ? run : defaultState), values(policies), parsed,
                RunOptions.<Path>values(programs).stream().map(program -> absolute(program, null)).toList(), terminal, false);
    }

    private static <T> List<T> values(OptionSpec option) {
        List<T> values = option.getValue();
        return values == null ? List.of() : values;
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
