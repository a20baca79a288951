// SPDX-License-Identifier: Apache-2.0
package vfio.admin.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {
    @TempDir
    Path folder;

    @Test
    void thisProcessIsNamedFromEnterToLeave() throws IOException {
        RunDirectory run = new RunDirectory(folder);
        Files.writeString(run.socket(), "left by a crash");
        run.enter();
        assertEquals(Optional.of(ProcessHandle.current().pid()), run.pid());
        assertTrue(run.hasPid() && run.daemonLives());
        assertFalse(Files.exists(run.socket()));
        run.leave();
        assertFalse(run.hasPid() || run.daemonLives());
    }

    @Test
    void aLinkInPlaceOfThePidFileIsNotFollowed() throws IOException {
        Path victim = Files.writeString(folder.resolve("victim"), "precious");
        Files.createSymbolicLink(folder.resolve("daemon.pid"), victim);
        assertThrows(IOException.class, new RunDirectory(folder)::enter);
        assertEquals("precious", Files.readString(victim));
    }

    @Test
    void theLongestPathOfASocketHas107Bytes() {
        int rest = 107 - "/control.sock".length();
        assertEquals(0, new RunDirectory(Path.of("/" + "d".repeat(rest - 1))).excess());
        assertEquals(1, new RunDirectory(Path.of("/" + "d".repeat(rest))).excess());
    }

    /** A string and not a path: without a locale Java makes no path of a letter outside ASCII. */
    @Test
    void aLetterOutsideAsciiCountsAsItsBytes() {
        assertEquals(0, RunDirectory.excess("d".repeat(107 - 2) + "\u00e4"));
        assertEquals(1, RunDirectory.excess("d".repeat(107 - 1) + "\u00e4"));
    }

    @Test
    void nonsenseInThePidFileIsNoPid() throws Exception {
        for (String text : new String[] {"", "\n", "abc", "12 13", "9".repeat(400)}) {
            Files.writeString(folder.resolve("daemon.pid"), text);
            assertEquals(Optional.empty(), new RunDirectory(folder).pid());
        }
        Files.writeString(folder.resolve("daemon.pid"), "123456789012345678\n");
        assertEquals(Optional.of(123456789012345678L), new RunDirectory(folder).pid());
    }

    @Test
    void aHugePidFileIsNotReadWhole() throws Exception {
        try (var file = Files.newByteChannel(folder.resolve("daemon.pid"), StandardOpenOption.CREATE,
                StandardOpenOption.WRITE)) {
            file.position(8L << 30); // no array is so large
            file.write(ByteBuffer.wrap(new byte[1]));
        }
        assertFalse(new RunDirectory(folder).daemonLives());
    }
}
