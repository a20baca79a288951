// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The one directory a daemon writes to, private to its user. Taken for as long as the object is open: a lock
 * file refuses a second daemon, and its lock goes with the process however that ends.
 */
final class RunDirectory implements AutoCloseable {
    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rwx------");
    /** sun_path of a UNIX socket has 108 bytes, a NUL among them. */
    private static final int LONGEST_SOCKET_PATH = 107;
    private static final String LOCK = "lock";
    private static final int TRIES = 20;
    private static final long TRY_MILLIS = 50;

    private final Path path;
    private final FileChannel lockFile; // never deleted: two daemons could hold locks on two files of that name

    private RunDirectory(Path path, FileChannel lockFile) {
        this.path = path;
        this.lockFile = lockFile;
    }

    static RunDirectory take(Path path) throws LaunchException, InterruptedException {
        checkLength(path);
        try {
            makePrivate(path);
            return locked(path);
        } catch (IOException | UnsupportedOperationException e) {
            throw new LaunchException(ExitCodes.FAILED, "cannot use the run directory " + path + ": " + e
                    + "; name another with --dir");
        }
    }

    private static RunDirectory locked(Path path) throws IOException, LaunchException, InterruptedException {
        FileChannel channel = FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        RunDirectory directory = new RunDirectory(path, channel);
        try {
            directory.lock();
            directory.writePid();
            return directory;
        } catch (IOException | LaunchException | InterruptedException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    static void checkLength(Path path) throws LaunchException {
        int length = path.resolve(Client.SOCKET).toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > LONGEST_SOCKET_PATH) {
            throw new LaunchException(ExitCodes.USAGE, "the path of the run directory " + path + " is "
                    + (length - LONGEST_SOCKET_PATH) + " bytes too long for a UNIX socket; name a shorter one with --dir");
        }
    }

    private static void makePrivate(Path path) throws IOException, LaunchException {
        if (!Files.exists(path)) {
            Files.createDirectories(path.getParent());
            Files.createDirectory(path, PosixFilePermissions.asFileAttribute(PRIVATE));
        }
        if (!Files.isDirectory(path)) {
            throw new LaunchException(ExitCodes.FAILED, path + " is no directory; name another with --dir");
        }
        boolean used = holdsOthers(path);
        if (used && !PRIVATE.containsAll(Files.getPosixFilePermissions(path))) { // not ours to close for others
            throw new LaunchException(ExitCodes.FAILED, "the run directory " + path + " may be entered by others ("
                    + PosixFilePermissions.toString(Files.getPosixFilePermissions(path))
                    + "); chmod 700 it or name another with --dir");
        }
        if (used && !Files.exists(path.resolve(LOCK))) { // folders in it are emptied, and this could be a home
            throw new LaunchException(ExitCodes.FAILED, path + " is not empty and was never a run directory; name a new or an "
                    + "empty one with --dir (only a folder 'config' may be in it)");
        }
        Files.setPosixFilePermissions(path, PRIVATE);
    }

    private static boolean holdsOthers(Path path) throws IOException {
        try (Stream<Path> content = Files.list(path)) {
            return content.anyMatch(file -> !file.getFileName().toString().equals("config"));
        }
    }

    /** A daemon that was just told to stop may hold the lock a moment longer than its pid file. */
    private void lock() throws IOException, LaunchException, InterruptedException {
        for (int i = 0; !tryLock(); i++) {
            if (i == TRIES) {
                String pid = DaemonProcess.pid(path).map(p -> " (pid " + p + ")").orElse("");
                throw new LaunchException(ExitCodes.DAEMON, "a daemon" + pid + " runs in " + path
                        + " already; end it with ./vfio stop, or name another directory with --dir");
            }
            if (DaemonProcess.alive(path)) {
                i = TRIES - 1;
            }
            Thread.sleep(TRY_MILLIS);
        }
    }

    private boolean tryLock() throws IOException {
        try {
            FileLock lock = lockFile.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) { // held in this very process
            return false;
        }
    }

    private void writePid() throws IOException {
        Files.deleteIfExists(path.resolve(Client.SOCKET)); // of one that crashed
        Files.writeString(path.resolve(DaemonProcess.PID_FILE), ProcessHandle.current().pid() + "\n");
    }

    /** A folder inside, made empty. */
    Path emptied(String name) throws IOException {
        Path folder = path.resolve(name);
        deleteTree(folder);
        return Files.createDirectory(folder);
    }

    /** Removes a folder and all in it; links are removed, not followed. */
    static void deleteTree(Path folder) throws IOException {
        if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            try (Stream<Path> content = Files.list(folder)) {
                for (Path file : content.toList()) {
                    deleteTree(file);
                }
            }
        }
        Files.deleteIfExists(folder);
    }

    Path path() {
        return path;
    }

    /** Gives the directory back: what a client would look for goes first, the lock last. */
    @Override
    public void close() throws IOException {
        Files.deleteIfExists(path.resolve(Client.SOCKET));
        Files.deleteIfExists(path.resolve(DaemonProcess.PID_FILE));
        lockFile.close();
    }
}
