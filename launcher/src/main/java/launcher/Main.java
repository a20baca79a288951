// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.util.Locale;
import vfio.admin.ExitCode;

/**
 * The {@code vfio} command: does {@code run} and {@code demo}, and sends everything else to the daemon.
 *
 * <p>Most runs are short clients: nothing here may load the framework, picocli, or a lambda, before it is needed.
 */
public final class Main {
    private Main() {
    }

    public static void main(String[] args) {
        Locale.setDefault(Locale.ROOT); // its digits are what programs read, its words the kernel's
        Terminal terminal = Terminal.ofThisProcess();
        TextOutput err = TextOutput.error(terminal);
        int code;
        try {
            code = dispatch(args, terminal, TextOutput.standard(terminal), err);
        } catch (LaunchException e) {
            code = e.exitCode();
            complain(err, e, args);
        } catch (Exception | Error e) { // other threads would keep the process
            System.err.println("vfio: internal error, please report it:");
            e.printStackTrace();
            code = ExitCode.INTERNAL.number();
        }
        System.exit(code);
    }

    private static void complain(TextOutput err, LaunchException failure, String[] args) {
        try {
            if (failure.getMessage() != null) {
                err.line(asksForJson(args) ? JsonFailure.line(failure) : "vfio: " + failure.getMessage());
            }
        } catch (LaunchException e) {
            // nobody is left to be told
        }
    }

    /** Returns whether {@code --json} is among the options, as the commands look for it. */
    static boolean asksForJson(String[] args) {
        for (String arg : args) {
            if (arg.equals("--json") || arg.equals("--")) {
                return arg.equals("--json");
            }
        }
        return false;
    }

    private static int dispatch(String[] given, Terminal terminal, TextOutput out, TextOutput err) throws Exception {
        String[] args = Arguments.plain(given);
        Home home = Home.ofThisProcess();
        String variable = System.getenv("VFIO_DIR");
        if (args.length > 0 && args[0].equals("run")) {
            return Foreground.run(args, Arguments.defaultDirectory(variable, home), home, out);
        }
        if (args.length > 0 && args[0].equals("demo")) {
            return Demo.main(args, home, terminal, out, err);
        }
        Arguments arguments = Arguments.of(args, variable, home);
        if (arguments.command().size() == 1 && isVersion(arguments.command().get(0))) {
            out.line("vfio " + version() + ", Java " + Runtime.version());
            return ExitCode.OK.number();
        }
        Client client = new Client(terminal, out, err);
        int code = client.run(arguments.directory(), arguments.command());
        if (code == Client.UNANSWERED && DaemonOnly.isNamed(arguments.command())) {
            boolean stop = arguments.command().get(0).equals("stop");
            throw new LaunchException(ExitCode.NO_DAEMON, "no daemon runs in " + arguments.directory()
                    + (stop ? "" : "; start one with ./vfio run"));
        }
        boolean standalone = code == Client.UNANSWERED || code == ExitCode.NOT_HELD.number();
        return standalone ? Standalone.run(home, arguments, client) : code;
    }

    private static boolean isVersion(String arg) {
        return arg.equals("--version") || arg.equals("-V");
    }

    /** Returns the version from the jar's manifest. */
    static String version() {
        String version = Main.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }
}
