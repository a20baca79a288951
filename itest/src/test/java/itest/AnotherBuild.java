// SPDX-License-Identifier: Apache-2.0
package itest;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.osgi.framework.Constants;

/** Another build of an example: the same classes in a bundle of another version. */
final class AnotherBuild {
    private AnotherBuild() {
    }

    static Path of(String example, String version) throws IOException {
        Path file = Path.of(System.getProperty("itest.directory"), example + "-" + version + ".jar");
        try (JarFile jar = new JarFile(ReactorBundles.jar("examples/" + example).toFile());
                OutputStream out = Files.newOutputStream(file)) {
            Manifest manifest = jar.getManifest();
            manifest.getMainAttributes().putValue(Constants.BUNDLE_VERSION, version);
            try (JarOutputStream copy = new JarOutputStream(out, manifest)) {
                for (JarEntry entry : jar.stream().filter(one -> !one.getName().equals(JarFile.MANIFEST_NAME)).toList()) {
                    copy.putNextEntry(new ZipEntry(entry.getName()));
                    try (InputStream in = jar.getInputStream(entry)) {
                        in.transferTo(copy);
                    }
                }
            }
        }
        return file;
    }
}
