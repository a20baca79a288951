// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.logging.ErrorManager;
import java.util.logging.FileHandler;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;
import vfio.admin.ExitCode;

/** The log of this process: all of it goes to a file of the state directory, warnings go to the terminal too. */
final class Log {
    private static final int BYTES = 4 << 20;
    private static final int FILES = 2;
    private static final Logger ROOT;

    static {
        System.setProperty("java.util.logging.manager", Kept.class.getName()); // asked for once, by the first logger
        ROOT = Logger.getLogger("");
    }

    private Log() {
    }

    /** The log manager that keeps its handlers while the process ends, so that the log has the end, too. */
    public static final class Kept extends LogManager {
        @Override
        public void reset() {
            // Java's own shutdown hook would take the handlers away while ours still closes the daemon
        }

        /** Leaves Java's own settings out, whose handler would be made to be removed; those that a user names are read. */
        @Override
        public void readConfiguration() throws IOException {
            if (System.getProperty("java.util.logging.config.file") == null
                    && System.getProperty("java.util.logging.config.class") == null) {
                readConfiguration(InputStream.nullInputStream());
            } else {
                super.readConfiguration();
            }
        }
    }

    /** The handler that writes to standard error, which stays open. */
    private static final class Console extends StreamHandler {
        private Console() {
            super(System.err, new LogLine());
            setLevel(Level.WARNING);
        }

        @Override
        public synchronized void publish(LogRecord line) {
            super.publish(line);
            flush();
        }

        @Override
        public synchronized void close() {
            flush();
        }
    }

    /** The error manager that says once that the log cannot be written, where Java prints a stack for each line. */
    static final class OneComplaint extends ErrorManager {
        private final Path file;
        private final PrintStream to;
        private boolean said;

        OneComplaint(Path file, PrintStream to) {
            this.file = file;
            this.to = to;
        }

        @Override
        public synchronized void error(String message, Exception e, int code) {
            if (!said) {
                said = true;
                to.println("vfio: lines of the log are lost, since " + file + " cannot be written: "
                        + (e == null ? message : e.getMessage()));
            }
        }
    }

    /** Opens the log of a daemon. */
    static void open(Path state) throws LaunchException {
        quiet();
        Path file = state.resolve("daemon.log");
        for (int i = 0; i < FILES; i++) {
            Path each = file.resolveSibling(file.getFileName() + "." + i);
            if (Files.exists(each, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS)) {
                throw new LaunchException(ExitCode.REFUSED, "cannot log to " + each + ", which is no file; remove it");
            }
        }
        try {
            // The name is a pattern: a percent sign of the path stands doubled.
            FileHandler handler = new FileHandler(file.toString().replace("%", "%%") + ".%g", BYTES, FILES, true);
            handler.setFormatter(new LogLine());
            handler.setErrorManager(new OneComplaint(file, System.err));
            ROOT.addHandler(handler);
        } catch (IOException e) {
            throw new LaunchException(ExitCode.REFUSED, "cannot log to " + file + ": " + e.getMessage());
        }
    }

    /** Sends warnings and errors to the terminal, as for a command. */
    static void quiet() {
        for (Handler handler : ROOT.getHandlers()) {
            ROOT.removeHandler(handler);
        }
        ROOT.addHandler(new Console());
    }

    /** Closes the log, which removes the lock of its file. */
    static void close() {
        for (Handler handler : ROOT.getHandlers()) {
            handler.close();
        }
    }
}
