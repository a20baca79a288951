// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** A private framework for one command that needs no daemon: it is started, asked and stopped, and its directory removed. */
final class Standalone {
    private Standalone() {
    }

    static int run(Home home, Arguments arguments, Client client) throws Exception {
        Path directory = ScratchFolder.make("vfio-", home);
        System.setProperty("java.io.tmpdir", directory.resolve("tmp").toString());
        Settings settings = new Settings(home, buses(arguments.command()), null, home.drivers(), directory,
                directory, List.of(), List.of(new Settings.Assignment("vfio.admin", "daemonDirectory",
                arguments.directory().toString())), List.of(), false, true);
        Log.quiet();
        try (Daemon daemon = Daemon.start(settings)) {
            return client.run(daemon.directory(), arguments.command());
        }
    }

    /** Returns the buses that a command needs. Help needs none, and is printed sooner without. */
    private static Set<String> buses(List<String> command) {
        return DaemonOnly.asksForHelp(command) ? Set.of() : Set.of(Settings.EMULATED, Settings.LINUX);
    }
}
