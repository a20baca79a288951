// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArgumentsTest {
    private static final Home HOME = new Home(Path.of("/opt/vfio"));

    /** Where a daemon is looked for, on a machine that runs the service and on one that does not. */
    private static Path nearest() throws LaunchException {
        return Arguments.daemonDirectory(null, HOME, Path.of("/run/vfio"));
    }

    private static Arguments of(String... args) throws LaunchException {
        return Arguments.of(args, null, HOME);
    }

    @Test
    void theHomesDirectoryIsMeantUnlessSaidOtherwise() throws LaunchException {
        assertEquals(new Arguments(nearest(), List.of("list", "--json")), of("list", "--json"));
        assertEquals(Path.of("/var/v"), Arguments.of(new String[0], "/var/v", HOME).directory());
        assertEquals(nearest(), Arguments.of(new String[0], "", HOME).directory());
    }

    @Test
    void theServicesDirectoryIsMeantWhereNoDaemonHasTheHomes(@TempDir Path folder) throws Exception {
        Home home = new Home(folder);
        Path service = folder.resolve("service");
        assertEquals(home.runDirectory(), Arguments.daemonDirectory(null, home, service), "there is no service");
        Files.createDirectory(service);
        assertEquals(service, Arguments.daemonDirectory(null, home, service));
        assertEquals(service, Arguments.daemonDirectory("", home, service));
        assertEquals(Path.of("/named"), Arguments.daemonDirectory("/named", home, service));
        Files.createFile(Files.createDirectory(home.runDirectory()).resolve("daemon.pid"));
        assertEquals(home.runDirectory(), Arguments.daemonDirectory(null, home, service), "a developer's own goes first");
    }

    @Test
    void dirIsTakenOutWhereverItStands() throws LaunchException {
        Arguments expected = new Arguments(Path.of("/d"), List.of("list", "--json"));
        assertEquals(expected, of("--dir", "/d", "list", "--json"));
        assertEquals(expected, of("list", "--dir=/x/../d", "--json"));
        assertEquals(expected, Arguments.of(new String[] {"list", "--json", "--dir", "/d"}, "/var/v", HOME));
    }

    @Test
    void whatFollowsTwoDashesIsLeftAlone() throws LaunchException {
        assertEquals(List.of("override", "--", "--dir", "/d"), of("override", "--", "--dir", "/d").command());
    }

    @Test
    void dirWithoutAValueIsUsage() {
        assertEquals(2, assertThrows(LaunchException.class, () -> of("list", "--dir")).exitCode());
    }

    @Test
    void helpAndVersionAreCommandsToo() {
        assertArrayEquals(new String[] {"--help"}, Arguments.plain(new String[] {"help"}));
        assertArrayEquals(new String[] {"list", "--help"}, Arguments.plain(new String[] {"help", "list"}));
        assertArrayEquals(new String[] {"--version"}, Arguments.plain(new String[] {"version"}));
        String[] other = {"list", "help"};
        assertSame(other, Arguments.plain(other));
    }

    @Test
    void aPathThatTheLocaleCannotSayIsUsage() {
        LaunchException failure = assertThrows(LaunchException.class, () -> Arguments.path("a\0b"));
        assertEquals(2, failure.exitCode());
        assertTrue(failure.getMessage().contains("LC_ALL"), failure.getMessage());
    }
}
