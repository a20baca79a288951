// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import vfio.admin.control.DirectoryLock;
import vfio.admin.control.RunDirectory;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.file.TrustedPath;

/**
 * The run directory that the PID vfio.admin names. Unless the starter of the framework holds the directory, this component
 * holds it from activation to deactivation: nobody else may enter the directory, and one daemon at a time has its lock.
 */
@Component(service = DaemonDirectory.class, immediate = true, configurationPid = "vfio.admin",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class DaemonDirectory {
    /** The settings of the PID vfio.admin. */
    @interface Config {
        /** The run directory; made where it is missing. */
        String directory();

        /** Whether the starter of the framework holds the run directory, as the launcher does. */
        boolean held() default false;

        /** The state directory, which outlives the run directory; empty for the run directory itself. */
        String state() default "";

        /** Whether the framework runs for one command. */
        boolean standalone() default false;

        /** The directory in which a standalone command looked for a daemon, for messages. */
        String daemonDirectory() default "";
    }

    private final RunDirectory run;
    private final Config config;
    private DirectoryLock lock;

    /**
     * Reads the settings, and takes the directory unless the framework's starter holds it.
     *
     * @throws VfioException EINVAL without a directory; EACCES where others could enter it; EBUSY where a daemon has it; EIO
     */
    @Activate
    public DaemonDirectory(Config config) {
        this.config = config;
        if (config.directory() == null || config.directory().isBlank()) {
            throw new VfioException(Errno.EINVAL, "the PID vfio.admin has no directory; set it to the run directory");
        }
        run = new RunDirectory(Path.of(config.directory()).toAbsolutePath().normalize());
        if (!config.held()) {
            hold();
        }
    }

    private void hold() {
        try {
            makePrivate();
            lock = DirectoryLock.open(path());
            if (!lock.tryTake()) {
                throw new VfioException(Errno.EBUSY, "a daemon runs in " + path() + " already, with pid "
                        + run.pid().map(String::valueOf).orElse("unknown")
                        + "; stop it with ./vfio stop, or choose another directory with --dir");
            }
            run.enter();
        } catch (IOException | UnsupportedOperationException e) {
            giveBack();
            throw new VfioException(Errno.EIO, "cannot use " + path() + " as run directory: " + e + "; choose another with "
                    + "--dir", e);
        } catch (VfioException e) {
            giveBack();
            throw e;
        }
    }

    private void makePrivate() throws IOException {
        try {
            TrustedPath.ofThisProcess().makeFolder(path());
        } catch (FileSystemException e) {
            if (e.getReason() == null) {
                throw e;
            }
            throw new VfioException(Errno.EACCES, "cannot use the run directory " + path() + ": " + e.getReason()
                    + "; mend that or choose another with --dir", e);
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path());
        if (permissions.stream().anyMatch(DaemonDirectory::letsOthersIn)) {
            throw new VfioException(Errno.EACCES, "others may enter or write the run directory " + path() + " ("
                    + PosixFilePermissions.toString(permissions) + "); say chmod 700, or choose another with --dir");
        }
    }

    private static boolean letsOthersIn(PosixFilePermission permission) {
        return switch (permission) {
            case GROUP_WRITE, GROUP_EXECUTE, OTHERS_WRITE, OTHERS_EXECUTE -> true;
            default -> false;
        };
    }

    /** Gives the directory back, where this component holds it. */
    @Deactivate
    public void close() {
        try {
            if (lock != null) {
                run.leave();
            }
        } catch (IOException e) {
            warn("leaving", e);
        } finally {
            giveBack();
        }
    }

    private void giveBack() {
        try {
            if (lock != null) {
                lock.close();
            }
        } catch (IOException e) {
            warn("unlocking", e);
        }
    }

    private void warn(String act, IOException e) {
        System.getLogger(DaemonDirectory.class.getName()).log(System.Logger.Level.WARNING, act + " " + path() + ": " + e);
    }

    Path path() {
        return run.path();
    }

    /** Returns the run directory with its files. */
    RunDirectory run() {
        return run;
    }

    /** Returns the directory of the files that outlive the daemon. */
    Path state() {
        return config.state().isEmpty() ? path() : Path.of(config.state());
    }

    boolean standalone() {
        return config.standalone();
    }

    /** Returns the run directory as messages name it. */
    String shown() {
        return standalone() ? config.daemonDirectory() : path().toString();
    }
}
