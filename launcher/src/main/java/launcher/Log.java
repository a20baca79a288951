// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.nio.file.Path;
import java.util.logging.ConsoleHandler;
import java.util.logging.FileHandler;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Where the log of this process goes: all of it to a file of the run directory, warnings to the terminal too. */
final class Log {
    private static final int BYTES = 4 << 20;
    private static final int FILES = 2;
    private static final Logger ROOT = Logger.getLogger("");

    private Log() {
    }

    /** For a daemon. */
    static void open(Path directory) throws IOException {
        quiet();
        // The name is a pattern: a percent sign of the path stands doubled.
        String pattern = directory.resolve("daemon.log").toString().replace("%", "%%") + ".%g";
        FileHandler file = new FileHandler(pattern, BYTES, FILES, true);
        file.setFormatter(new SimpleFormatter());
        ROOT.addHandler(file);
    }

    /** For a command: only what went wrong. */
    static void quiet() {
        System.setProperty("java.util.logging.SimpleFormatter.format", "%1$tF %1$tT.%1$tL %4$s %3$s: %5$s%6$s%n");
        for (Handler handler : ROOT.getHandlers()) {
            ROOT.removeHandler(handler);
        }
        ConsoleHandler console = new ConsoleHandler();
        console.setLevel(Level.WARNING);
        ROOT.addHandler(console);
    }
}
