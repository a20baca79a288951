// SPDX-License-Identifier: Apache-2.0
package vfio.admin.control;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;

/**
 * The run directory of a daemon, as daemon and client see it: {@code control.sock} takes commands, {@code daemon.pid} names
 * the process. The daemon that has the {@link DirectoryLock} writes both files, and removes both before it gives the lock
 * back, so that no daemon removes the files of the next one. Clients take no lock: a client that finds a pid looks whether
 * the process lives, and a client that finds none takes the daemon for absent.
 */
public record RunDirectory(Path path) {
    private static final String SOCKET = "control.sock";
    private static final String PID_FILE = "daemon.pid";
    /** Bytes of the longest path of a UNIX socket: Linux's sun_path has 108, the last one a NUL (unix(7)). */
    private static final int LONGEST_SOCKET_PATH = 107;
    private static final int MOST_DIGITS = 18;

    /** Returns the path of the control socket. */
    public Path socket() {
        return path.resolve(SOCKET);
    }

    /** Returns by how many bytes the path of the socket is longer than the kernel takes; 0 or less where it fits. */
    public int excess() {
        return excess(socket().toString());
    }

    static int excess(String socket) {
        return socket.getBytes(StandardCharsets.UTF_8).length - LONGEST_SOCKET_PATH;
    }

    /** Returns whether a daemon has written its pid and not removed it, whether or not that daemon still lives. */
    public boolean hasPid() {
        return Files.exists(path.resolve(PID_FILE));
    }

    /** Returns the pid in the file, whether or not that process still lives; empty where there is none. */
    public Optional<Long> pid() {
        try (InputStream in = Files.newInputStream(path.resolve(PID_FILE))) {
            String text = new String(in.readNBytes(MOST_DIGITS + 2), StandardCharsets.US_ASCII).trim();
            return text.isEmpty() || text.length() > MOST_DIGITS ? Optional.empty() : Optional.of(Long.parseLong(text));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Returns whether the file names a living Java process. */
    public boolean daemonLives() {
        Optional<Long> pid = pid();
        if (pid.isEmpty()) {
            return false;
        }
        Optional<ProcessHandle> process = ProcessHandle.of(pid.get());
        if (process.isEmpty() || !process.get().isAlive()) {
            return false;
        }
        // A number can be used again after a crash; another user's process hides its command.
        String command = process.get().info().command().orElse("java");
        return command.endsWith("java");
    }

    /**
     * Removes the socket of a daemon that crashed, and writes the pid of this process, which has taken the directory's lock.
     *
     * @throws IOException where a file cannot be written, or is a symbolic link
     */
    public void enter() throws IOException {
        Files.deleteIfExists(socket());
        try (FileChannel pid = FileChannel.open(path.resolve(PID_FILE), Set.of(StandardOpenOption.CREATE,
                StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING, LinkOption.NOFOLLOW_LINKS))) {
            pid.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)));
        }
    }

    /** Removes the socket, then the pid. The caller gives the directory's lock back afterwards. */
    public void leave() throws IOException {
        Files.deleteIfExists(socket());
        Files.deleteIfExists(path.resolve(PID_FILE));
    }
}
