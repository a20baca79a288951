// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.admin.control.DirectoryLock;
import vfio.core.Errno;
import vfio.core.VfioException;

class DaemonDirectoryTest {
    @TempDir
    Path tmp;

    @Test
    void isMadePrivateAndHoldsThePid() throws IOException {
        DaemonDirectory directory = DaemonDirectories.daemon(tmp.resolve("a/b/run"));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(tmp.resolve("a/b/run"))));
        assertEquals(ProcessHandle.current().pid() + "\n", Files.readString(tmp.resolve("a/b/run/daemon.pid")));
        directory.close();
    }

    @Test
    void filesButTheLockGoWithTheDaemon() throws IOException {
        Path run = tmp.resolve("run");
        DaemonDirectory directory = DaemonDirectories.daemon(run);
        Files.writeString(run.resolve("control.sock"), "");
        directory.close();
        assertArrayEquals(new String[] {"lock"}, run.toFile().list());
    }

    @Test
    void directoryThatTheStarterHoldsIsLeftAlone() throws IOException {
        Path run = Files.createDirectory(tmp.resolve("run"));
        Files.writeString(run.resolve("daemon.pid"), "1\n");
        try (DirectoryLock lock = DirectoryLock.open(run)) {
            assertTrue(lock.tryTake());
            DaemonDirectories.held(run).close();
            assertThrows(VfioException.class, () -> DaemonDirectories.daemon(run));
        }
        assertEquals("1\n", Files.readString(run.resolve("daemon.pid")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwx-w----", "rwx--x---", "rwx----w-", "rwx-----x", "rwxr-xr-x", "rwxrwxrwx"})
    void refusesADirectoryOthersMayEnterOrWrite(String permissions) throws IOException {
        Path open = Files.createDirectory(tmp.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString(permissions));
        VfioException e = assertThrows(VfioException.class, () -> DaemonDirectories.daemon(open));
        assertEquals(Errno.EACCES, e.errno());
        assertTrue(e.getMessage().contains("chmod"), e.getMessage());
        assertEquals(0, open.toFile().list().length);
    }

    @Test
    void refusesAFile() throws IOException {
        Path file = Files.createFile(tmp.resolve("file"));
        assertEquals(Errno.EACCES, assertThrows(VfioException.class, () -> DaemonDirectories.daemon(file)).errno());
    }

    @Test
    void secondDaemonIsToldTheFirstOnesPid() {
        DaemonDirectory first = DaemonDirectories.daemon(tmp.resolve("run"));
        VfioException e = assertThrows(VfioException.class, () -> DaemonDirectories.daemon(tmp.resolve("run")));
        assertEquals(Errno.EBUSY, e.errno());
        assertTrue(e.getMessage().contains("pid " + ProcessHandle.current().pid() + ";"), e.getMessage());
        first.close();
    }

    /** Another process: what it holds is seen by the kernel's lock alone. */
    static final class OtherDaemon {
        private OtherDaemon() {
        }

        public static void main(String[] args) throws IOException {
            DaemonDirectories.daemon(Path.of(args[0]));
            System.out.println("held");
            System.in.read();
        }
    }

    @Test
    void daemonOfAnotherProcessIsNamedUntilItDies() throws Exception {
        Path run = tmp.resolve("run");
        Process other = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), OtherDaemon.class.getName(), run.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try {
            assertEquals("held", other.inputReader().readLine());
            VfioException e = assertThrows(VfioException.class, () -> DaemonDirectories.daemon(run));
            assertTrue(e.getMessage().contains("pid " + other.pid() + ";"), e.getMessage());
        } finally {
            other.destroyForcibly().waitFor();
        }
        DaemonDirectories.daemon(run).close();
    }

    @Test
    void missingDirectoryIsExplained() {
        VfioException e = assertThrows(VfioException.class, () -> DaemonDirectories.daemon(null));
        assertEquals(Errno.EINVAL, e.errno());
    }

    @Test
    void pidFileOfADeadDaemonIsTakenOver() throws IOException {
        DaemonDirectories.daemon(tmp.resolve("run")).close();
        Files.writeString(tmp.resolve("run/daemon.pid"), "99999999999999999999999 and more");
        DaemonDirectory directory = DaemonDirectories.daemon(tmp.resolve("run"));
        assertEquals(ProcessHandle.current().pid() + "\n", Files.readString(tmp.resolve("run/daemon.pid")));
        directory.close();
    }

    @Test
    void pidFileThatIsALinkIsRefused() throws IOException {
        DaemonDirectories.daemon(tmp.resolve("run")).close();
        Path victim = Files.writeString(tmp.resolve("victim"), "precious");
        Files.createSymbolicLink(tmp.resolve("run/daemon.pid"), victim);
        assertThrows(VfioException.class, () -> DaemonDirectories.daemon(tmp.resolve("run")));
        assertEquals("precious", Files.readString(victim));
    }
}
