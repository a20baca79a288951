// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.file.PrivateFolder;

/**
 * The directory that makes this process a daemon: nobody else may enter it, and one process at a time owns it. It is
 * ours from activation to deactivation, by a lock on {@code daemon.pid}; the kernel drops the lock of a process that dies.
 */
@Component(service = RunDirectory.class, immediate = true, configurationPid = "vfio.admin",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class RunDirectory {
    private static final int PID_DIGITS = 20;

    /** Settings. */
    @interface Config {
        /** The run directory; made where it is missing. */
        String directory();

        /** The state directory, which outlives the run directory; empty for the run directory itself. */
        String state() default "";

        /** The framework runs for one command. */
        boolean standalone() default false;

        /** Where a standalone command looked for a daemon, for messages. */
        String daemonDirectory() default "";
    }

    private final Path path;
    private final Config config;
    private final FileChannel pid;

    /** @throws VfioException EACCES where others could enter the directory; EBUSY where a daemon has it; EIO */
    @Activate
    public RunDirectory(Config config) {
        this.config = config;
        if (config.directory() == null || config.directory().isBlank()) {
            throw new VfioException(Errno.EINVAL, "the PID vfio.admin has no directory; set it to the run directory");
        }
        path = Path.of(config.directory()).toAbsolutePath().normalize();
        try {
            makePrivate();
            pid = FileChannel.open(path.resolve("daemon.pid"),
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE,
                            LinkOption.NOFOLLOW_LINKS),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (IOException | UnsupportedOperationException e) {
            throw new VfioException(Errno.EIO, "cannot use " + path + " as run directory: " + e + "; choose another with "
                    + "--dir", e);
        }
        lock();
    }

    private void makePrivate() throws IOException {
        try {
            PrivateFolder.make(path);
        } catch (FileSystemException e) {
            if (e.getReason() == null) {
                throw e;
            }
            throw new VfioException(Errno.EACCES, "cannot use the run directory " + path + ": " + e.getReason()
                    + "; mend that or choose another with --dir", e);
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
        if (permissions.stream().anyMatch(RunDirectory::letsOthersIn)) {
            throw new VfioException(Errno.EACCES, "others may enter or write the run directory " + path + " ("
                    + PosixFilePermissions.toString(permissions) + "); say chmod 700, or choose another with --dir");
        }
    }

    private static boolean letsOthersIn(PosixFilePermission permission) {
        return switch (permission) {
            case GROUP_WRITE, GROUP_EXECUTE, OTHERS_WRITE, OTHERS_EXECUTE -> true;
            default -> false;
        };
    }

    private void lock() {
        try {
            if (!locked()) {
                throw new VfioException(Errno.EBUSY, "a daemon runs in " + path + " already, with pid " + holder()
                        + "; stop it with ./vfio stop, or choose another directory with --dir");
            }
            pid.truncate(0);
            pid.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)), 0);
        } catch (IOException e) {
            close();
            throw new VfioException(Errno.EIO, "cannot lock " + path.resolve("daemon.pid") + ": " + e, e);
        } catch (VfioException e) {
            close();
            throw e;
        }
    }

    private boolean locked() throws IOException {
        try {
            FileLock lock = pid.tryLock(); // held until the channel is closed
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false; // another framework in this process
        }
    }

    private String holder() throws IOException {
        ByteBuffer text = ByteBuffer.allocate(PID_DIGITS);
        pid.read(text, 0);
        String digits = new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).strip();
        return digits.matches("[0-9]+") ? digits : "unknown";
    }

    /** Lets the directory go. The file stays: removing it would race with whoever is about to lock it. */
    @Deactivate
    public void close() {
        try {
            pid.close();
        } catch (IOException e) {
            System.getLogger(RunDirectory.class.getName()).log(System.Logger.Level.WARNING, "closing " + path + ": " + e);
        }
    }

    Path path() {
        return path;
    }

    /** Where files that outlive the daemon are. */
    Path state() {
        return config.state().isEmpty() ? path : Path.of(config.state());
    }

    boolean standalone() {
        return config.standalone();
    }

    /** The run directory as messages name it. */
    String shown() {
        return standalone() ? config.daemonDirectory() : path.toString();
    }
}
