// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/** The operator's folder of driver bundles, as it is at the very first run. */
final class DriversFolder {
    private DriversFolder() {
    }

    /** Makes the folder where there is none, with the drivers nobody has to think about; one that exists is left alone. */
    static void seed(Settings settings) throws IOException, LaunchException {
        Path folder = settings.drivers();
        if (settings.standalone() || Files.exists(folder)) {
            return;
        }
        Path generic = Home.jar(settings.home().shippedDrivers(), "vfio.pci.generic");
        Path igd = Home.jar(settings.home().shippedDrivers(), "vfio.pci.igd");
        Files.createDirectories(folder.getParent());
        Path made = Files.createTempDirectory(folder.getParent(), ".drivers");
        for (Path jar : new Path[] {generic, igd}) {
            Files.copy(jar, made.resolve(jar.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
        }
        // Whoever may write here decides what code the daemon runs.
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.move(made, folder, StandardCopyOption.ATOMIC_MOVE);
    }
}
