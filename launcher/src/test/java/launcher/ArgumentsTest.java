// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArgumentsTest {
    private static final Home HOME = new Home(Path.of("/opt/vfio"));

    private static Arguments of(String... args) throws LaunchException {
        return Arguments.of(args, null, HOME);
    }

    @Test
    void theHomesDirectoryIsMeantUnlessSaidOtherwise() throws LaunchException {
        assertEquals(new Arguments(Path.of("/opt/vfio/run"), List.of("list", "--json")), of("list", "--json"));
        assertEquals(Path.of("/var/v"), Arguments.of(new String[0], "/var/v", HOME).directory());
        assertEquals(Path.of("/opt/vfio/run"), Arguments.of(new String[0], "", HOME).directory());
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
