// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** Jars of bundles, as a vendor would have built them for another version. */
final class VersionedJar {
    private VersionedJar() {
    }

    /** Makes a jar that is the same bundle but for its version. */
    static Path of(Path jar, String version) throws IOException {
        Path made = Files.createTempFile("version", ".jar");
        try (JarFile from = new JarFile(jar.toFile())) {
            Manifest manifest = from.getManifest();
            manifest.getMainAttributes().put(new Attributes.Name("Bundle-Version"), version);
            try (JarOutputStream to = new JarOutputStream(Files.newOutputStream(made), manifest)) {
                for (JarEntry entry : from.stream().filter(one -> !one.getName().equals(JarFile.MANIFEST_NAME)).toList()) {
                    to.putNextEntry(new JarEntry(entry.getName()));
                    from.getInputStream(entry).transferTo(to);
                }
            }
        }
        return made;
    }
}
