// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.osgi.framework.Constants;

/** Builds of one driver's bundle for the demo, which differ in their versions alone. */
final class DriverBuilds {
    private final Path bundle;
    private final String name;
    private final Path folder;

    /**
     * @param bundle the jar that the builds are copies of
     * @param name with which the names of the builds' files begin
     * @param folder for the builds
     */
    DriverBuilds(Path bundle, String name, Path folder) throws IOException {
        this.bundle = bundle;
        this.name = name;
        this.folder = Files.createDirectories(folder);
    }

    /** Makes the build of a version, and returns its jar. */
    Path make(String version) throws IOException {
        return make(version, "");
    }

    /**
     * Makes a build that lacks a class, and returns its jar.
     *
     * @param lacks the end of the class's entry
     */
    Path broken(String version, String lacks) throws IOException {
        return make(version, lacks);
    }

    private Path make(String version, String lacks) throws IOException {
        Path build = folder.resolve(name + "-" + version + ".jar");
        try (JarFile from = new JarFile(bundle.toFile()); OutputStream out = Files.newOutputStream(build)) {
            Manifest manifest = new Manifest(from.getManifest());
            manifest.getMainAttributes().putValue(Constants.BUNDLE_VERSION, version);
            try (JarOutputStream to = new JarOutputStream(out, manifest)) {
                List<JarEntry> entries = Collections.list(from.entries());
                entries.removeIf(entry -> entry.getName().equals(JarFile.MANIFEST_NAME)
                        || JarFile.MANIFEST_NAME.startsWith(entry.getName())
                        || !lacks.isEmpty() && entry.getName().endsWith(lacks));
                for (JarEntry entry : entries) {
                    to.putNextEntry(new ZipEntry(entry.getName()));
                    from.getInputStream(entry).transferTo(to);
                }
            }
        }
        return build;
    }
}
