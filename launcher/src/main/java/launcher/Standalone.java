// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** A private framework for one command that needs no daemon: started, asked, stopped, and its directory removed. */
final class Standalone {
    private Standalone() {
    }

    static int run(Home home, Arguments arguments, Client client) throws Exception {
        if (!arguments.command().isEmpty() && arguments.command().get(0).equals("stop")) {
            throw new LaunchException(ExitCodes.DAEMON, "no daemon runs in " + arguments.directory());
        }
        Path directory = Files.createTempDirectory("vfio-");
        Thread cleaning = new Thread(() -> remove(directory));
        Runtime.getRuntime().addShutdownHook(cleaning); // also after Ctrl-C
        Settings settings = new Settings(home, Set.of(Settings.EMULATED, Settings.LINUX), null, home.drivers(), directory,
                List.of(), List.of(new Settings.Assignment("vfio.admin", "daemonDirectory",
                arguments.directory().toString())), false, true);
        Log.quiet();
        try (Daemon daemon = Daemon.start(settings)) {
            return client.run(daemon.directory(), arguments.command());
        }
    }

    static void remove(Path directory) {
        try {
            RunDirectory.deleteTree(directory);
        } catch (IOException e) {
            System.err.println("vfio: cannot remove " + directory + ": " + e);
        }
    }
}
