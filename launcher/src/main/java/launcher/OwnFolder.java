// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Stream;
import vfio.admin.ExitCode;
import vfio.admin.control.DirectoryLock;
import vfio.admin.control.RunDirectory;
import vfio.core.file.TrustedPath;

/**
 * A folder that is one daemon's while the object is open: private to its user, where nobody else could have put it, and
 * locked.
 */
final class OwnFolder implements AutoCloseable {
    /** The folders of docs/vfio.service. */
    private static final String SERVICE = "--dir /run/vfio --state /var/lib/vfio --drivers /var/lib/vfio/drivers";
    private static final int TRIES = 20;
    private static final long TRY_MILLIS = 50;

    /** The role of the folder for its daemon: its name, the option that names another, and the verb for a second daemon. */
    enum Role {
        RUN("run directory", "--dir", "runs in"),
        STATE("state directory", "--state", "keeps its state in");

        private final String name;
        private final String option;
        private final String does;

        Role(String name, String option, String does) {
            this.name = name;
            this.option = option;
            this.does = does;
        }
    }

    private final Path path;
    private final Role role;
    private DirectoryLock lock;

    private OwnFolder(Path path, Role role) {
        this.path = path;
        this.role = role;
    }

    /**
     * Takes a folder: looks whose it is before anything is written to it, makes it where it is missing, and locks it.
     *
     * @param inside folders that may lie in it although no daemon has made them
     */
    static OwnFolder take(Path path, Role role, Collection<Path> inside) throws LaunchException, InterruptedException {
        OwnFolder folder = new OwnFolder(path, role);
        try {
            TrustedPath.ofThisProcess().makeFolder(path);
            folder.close(inside);
            folder.lock = DirectoryLock.open(path);
            folder.awaitLock();
            return folder;
        } catch (IOException | UnsupportedOperationException e) {
            folder.giveUp();
            throw unusable(role.name, path, e, role.option);
        } catch (LaunchException | InterruptedException | RuntimeException e) {
            folder.giveUp();
            throw e;
        }
    }

    /**
     * Returns the refusal of a folder, with the reason and with the option that names another.
     *
     * @param name what the folder is to the daemon
     * @param option that names another
     */
    static LaunchException unusable(String name, Path path, Exception e, String option) {
        String reason = e instanceof FileSystemException known ? known.getReason() : null;
        return new LaunchException(ExitCode.REFUSED, "cannot use the " + name + " " + path + ": "
                + (reason == null ? e : reason) + "; mend that or name another with " + option
                + (isRoots() ? ", as the service does: " + SERVICE : ""));
    }

    /** Returns whether root runs this: in another user's checkout root needs all three options. */
    private static boolean isRoots() {
        try {
            return TrustedPath.ofThisProcess().user() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** Makes the folder private, where it is certain that it was never another user's. */
    private void close(Collection<Path> inside) throws IOException, LaunchException {
        boolean used = holdsOthers(inside);
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
        if (used && !TrustedPath.PRIVATE.containsAll(permissions)) {
            throw new LaunchException(ExitCode.REFUSED, "the " + role.name + " " + path + " may be entered by others ("
                    + PosixFilePermissions.toString(permissions) + "); chmod 700 it or name another with " + role.option);
        }
        // Folders in it are going to be emptied: it could be a home.
        if (used && !Files.exists(path.resolve(DirectoryLock.FILE), LinkOption.NOFOLLOW_LINKS)) {
            throw new LaunchException(ExitCode.REFUSED, path + " is not empty and was never a " + role.name
                    + "; name a new or an empty one with " + role.option + " (only a folder 'config' may be in it)");
        }
        Files.setPosixFilePermissions(path, TrustedPath.PRIVATE);
    }

    private boolean holdsOthers(Collection<Path> inside) throws IOException {
        try (Stream<Path> content = Files.list(path)) {
            return content.anyMatch(file -> !file.getFileName().toString().equals("config")
                    && inside.stream().noneMatch(known -> known.startsWith(file)));
        }
    }

    /** Takes the lock. A daemon that was just told to stop may hold it a moment longer than its pid file is there. */
    private void awaitLock() throws IOException, LaunchException, InterruptedException {
        RunDirectory files = new RunDirectory(path);
        for (int i = 0; !lock.tryTake(); i++) {
            if (i == TRIES) {
                String pid = files.pid().map(p -> " (pid " + p + ")").orElse("");
                throw new LaunchException(ExitCode.NO_DAEMON, "a daemon" + pid + " " + role.does + " " + path
                        + " already; end it with ./vfio stop, or name another directory with " + role.option);
            }
            if (files.daemonLives()) {
                i = TRIES - 1;
            }
            Thread.sleep(TRY_MILLIS);
        }
    }

    /** Closes the folder after another failure. */
    void giveUp() {
        try {
            close();
        } catch (IOException e) {
            // nothing of it is held
        }
    }

    Path path() {
        return path;
    }

    /** Returns a folder inside, made empty. */
    Path emptied(String name) throws IOException {
        Path folder = path.resolve(name);
        FileTree.delete(folder);
        return Files.createDirectory(folder);
    }

    @Override
    public void close() throws IOException {
        if (lock != null) {
            lock.close();
        }
    }
}
