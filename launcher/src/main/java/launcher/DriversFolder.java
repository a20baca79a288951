// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import vfio.core.file.TrustedPath;

/** The operator's folder of driver bundles at the very first run. */
final class DriversFolder {
    private DriversFolder() {
    }

    /**
     * Makes the folder where there is none, with the generic and the igd driver in it. A folder that exists is left alone.
     */
    static void seed(Settings settings) throws IOException, LaunchException {
        if (settings.standalone() || Files.exists(settings.drivers())) {
            return;
        }
        Path generic = Home.jar(settings.home().shippedDrivers(), "vfio.pci.generic");
        Path igd = Home.jar(settings.home().shippedDrivers(), "vfio.pci.igd");
        try {
            make(settings.drivers(), generic, igd);
        } catch (FileSystemException e) {
            throw OwnFolder.unusable("drivers folder", settings.drivers(), e, "--drivers");
        }
    }

    /**
     * Makes the folder where no other user could put another in its place: a user who may write here decides what code the
     * daemon runs.
     */
    private static void make(Path drivers, Path... jars) throws IOException {
        TrustedPath rule = TrustedPath.ofThisProcess();
        Path folder = rule.check(drivers);
        Files.createDirectories(folder.getParent());
        Path made = rule.check(Files.createTempDirectory(folder.getParent(), ".drivers"));
        for (Path jar : jars) {
            copy(jar, made.resolve(jar.getFileName()));
        }
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.move(made, folder, StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * Copies a jar, so that this process's user owns the copy. The time stays, so that the daemon does not wait for the file
     * to settle.
     */
    private static void copy(Path jar, Path to) throws IOException {
        Files.copy(jar, to);
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rw-r--r--"));
        Files.setLastModifiedTime(to, Files.getLastModifiedTime(jar));
    }
}
