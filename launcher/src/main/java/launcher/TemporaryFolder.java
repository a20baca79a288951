// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The folder in which a daemon unpacks the library for its system calls: {@code tmp} of its state directory, since /tmp may
 * be missing, full, or mounted noexec; or the folder that java.io.tmpdir was given.
 */
final class TemporaryFolder {
    private static final String PROPERTY = "java.io.tmpdir";
    private static final String OPTION = "-D" + PROPERTY + "=";
    /** The variables from which Java takes options, beside its command line. */
    private static final String[] VARIABLES = {"JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS"};
    private static final System.Logger LOG = System.getLogger(TemporaryFolder.class.getName());

    private TemporaryFolder() {
    }

    /** Sets java.io.tmpdir, before anything asks for it. */
    static void choose(Path state) throws IOException {
        String commandLine = Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.ISO_8859_1);
        choose(state, commandLine, System.getenv());
    }

    static void choose(Path state, String commandLine, Map<String, String> environment) {
        Path given = Path.of(System.getProperty(PROPERTY));
        if (isGiven(commandLine, environment)) {
            if (Files.isDirectory(given) && Files.isWritable(given)) {
                return;
            }
            LOG.log(System.Logger.Level.WARNING, "java.io.tmpdir is " + given + ", which is no folder that can be written; "
                    + state.resolve("tmp") + " is used");
        }
        System.setProperty(PROPERTY, state.resolve("tmp").toString());
    }

    private static boolean isGiven(String commandLine, Map<String, String> environment) {
        if (commandLine.contains(OPTION)) {
            return true;
        }
        for (String variable : VARIABLES) {
            if (environment.getOrDefault(variable, "").contains(OPTION)) {
                return true;
            }
        }
        return false;
    }
}
