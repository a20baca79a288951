// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.FileDescriptor;
import java.io.FileOutputStream;

/**
 * The {@code vfio} command: {@code run} and {@code demo} are done here, everything else is sent to the daemon.
 *
 * <p>Most runs are short clients: nothing here may load the framework, picocli, or a lambda, before it is needed.
 */
public final class Main {
    private Main() {
    }

    public static void main(String[] args) {
        int code;
        try {
            code = dispatch(args);
        } catch (LaunchException e) {
            System.err.println("vfio: " + e.getMessage());
            code = e.exitCode();
        } catch (Exception e) {
            System.err.println("vfio: internal error, please report it:");
            e.printStackTrace();
            code = ExitCodes.INTERNAL;
        }
        System.exit(code);
    }

    private static int dispatch(String[] args) throws Exception {
        Home home = Home.ofThisProcess();
        String variable = System.getenv("VFIO_DIR");
        if (args.length > 0 && args[0].equals("run")) {
            return Foreground.run(args, Arguments.defaultDirectory(variable, home), home);
        }
        if (args.length > 0 && args[0].equals("demo")) {
            return Demo.main(args, home);
        }
        Arguments arguments = Arguments.of(args, variable, home);
        if (arguments.command().size() == 1 && isVersion(arguments.command().get(0))) {
            System.out.println("vfio " + version() + ", Java " + Runtime.version());
            return ExitCodes.OK;
        }
        Client client = new Client(Terminal.ofThisProcess(), new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err));
        int code = client.run(arguments.directory(), arguments.command());
        return code != ExitCodes.NOT_HELD ? code : Standalone.run(home, arguments, client);
    }

    private static boolean isVersion(String arg) {
        return arg.equals("--version") || arg.equals("-V");
    }

    /** As the jar's manifest says. */
    static String version() {
        String version = Main.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }
}
