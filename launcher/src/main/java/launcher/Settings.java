// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The settings that a daemon is started with.
 *
 * @param buses {@code emulated}, {@code linux} or both
 * @param topology of the emulated bus, null for the built-in one
 * @param drivers the operator's folder of driver bundles
 * @param directory the run directory
 * @param state the state directory; may be the run directory
 * @param policies {@code PATTERN=POLICY}, in order
 * @param assignments {@code PID:KEY=VALUE}, in order
 * @param programs bundles that are no drivers, started last
 * @param prompt whether to take commands on the terminal
 * @param standalone a private framework for one command: no matching, no state
 */
public record Settings(Home home, Set<String> buses, Path topology, Path drivers, Path directory, Path state,
        List<String> policies, List<Assignment> assignments, List<Path> programs, boolean prompt, boolean standalone) {
    static final String EMULATED = "emulated";
    static final String LINUX = "linux";

    public Settings {
        buses = Set.copyOf(buses);
        policies = List.copyOf(policies);
        assignments = List.copyOf(assignments);
        programs = List.copyOf(programs);
    }

    /** Returns the defaults of {@code run}, for a home and a run directory that is the state directory too. */
    public static Settings of(Home home, Path directory) {
        return new Settings(home, Set.of(EMULATED), null, home.drivers(), directory, directory, List.of(), List.of(),
                List.of(), false, false);
    }

    /** A setting of one component. */
    public record Assignment(String pid, String key, String value) {
        static final String PID = "[A-Za-z0-9_.-]+(~[A-Za-z0-9_.-]+)?";
        private static final String KEY = "[A-Za-z0-9_.-]+(\\[\\])?";
        static final String FORM = "PID:KEY=VALUE, such as vfio.pci.core:probeLimitMillis=5000";

        public Assignment {
            if (!pid.matches(PID) || !key.matches(KEY)) {
                throw new IllegalArgumentException("'" + pid + ":" + key + "' names no setting; expected " + FORM);
            }
        }

        /** Reads {@code PID:KEY=VALUE}. A key that ends in {@code []} takes a list with commas. */
        public static Assignment parse(String text) {
            int equals = text.indexOf('=');
            int colon = text.indexOf(':');
            if (colon < 0 || equals < colon) {
                throw new IllegalArgumentException("'" + text + "' is no setting; expected " + FORM);
            }
            return new Assignment(text.substring(0, colon), text.substring(colon + 1, equals), text.substring(equals + 1));
        }
    }
}
