// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import vfio.admin.ExitCode;

/**
 * The checkout or unpacked distribution that this launcher belongs to.
 *
 * @param path the folder that has {@code vfio} in it
 */
public record Home(Path path) {

    /** Returns the folder that the script named, else the folder two above the launcher's own jar or classes. */
    static Home ofThisProcess() {
        String given = System.getProperty("vfio.home");
        if (given != null) {
            return new Home(Path.of(given).toAbsolutePath().normalize());
        }
        try {
            Path code = Path.of(Home.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            return new Home(code.getParent().getParent().getParent());
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the launcher's place is no path", e);
        }
    }

    /** Returns the script, which is the command {@code vfio}. */
    Path script() {
        return path.resolve("vfio");
    }

    /** Returns the folder of the framework's bundles. */
    Path bundles() {
        return path.resolve("launcher/target/bundles");
    }

    /** Returns the folder of all driver bundles as built. */
    Path shippedDrivers() {
        return path.resolve("target/drivers");
    }

    /** Returns the folder of driver bundles that are examples. */
    Path exampleDrivers() {
        return path.resolve("target/examples");
    }

    /** Returns the operator's folder of drivers, unless another is named. */
    Path drivers() {
        return path.resolve("drivers");
    }

    /** Returns the run directory, unless another is named. */
    Path runDirectory() {
        return path.resolve("run");
    }

    /** Returns the jars of a folder, sorted by name. */
    static List<Path> jars(Path folder) throws IOException {
        List<Path> jars = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
            for (Path file : files) {
                jars.add(file);
            }
        }
        Collections.sort(jars);
        return jars;
    }

    /** Returns the jar of a folder that holds an artifact of this project, whatever its version. */
    static Path jar(Path folder, String artifact) throws LaunchException {
        try {
            for (Path jar : jars(folder)) {
                String name = jar.getFileName().toString();
                if (name.startsWith(artifact + "-") && Character.isDigit(name.charAt(artifact.length() + 1))) {
                    return jar;
                }
            }
        } catch (IOException e) {
            throw new LaunchException(ExitCode.REFUSED, "cannot read " + folder + ": " + e + "; build it: mvn package");
        }
        throw new LaunchException(ExitCode.REFUSED, "there is no " + artifact + " in " + folder + "; build it: mvn package");
    }
}
