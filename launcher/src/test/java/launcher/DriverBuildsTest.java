// SPDX-License-Identifier: Apache-2.0
package launcher;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Constants;

class DriverBuildsTest {
    private static final String CLASS = StubBundle.class.getName().replace('.', '/') + ".class";

    @TempDir
    Path folder;

    private static byte[] content(JarFile jar) throws Exception {
        return jar.getInputStream(jar.getEntry(CLASS)).readAllBytes();
    }

    @Test
    void buildsDifferInTheirVersionsAlone() throws Exception {
        Path bundle = folder.resolve("driver-1.jar");
        StubBundle.write(bundle, "driver", "");
        DriverBuilds builds = new DriverBuilds(bundle, "driver", folder.resolve("builds"));
        Path build = builds.make("1.2.0");
        assertEquals("driver-1.2.0.jar", build.getFileName().toString());
        try (JarFile from = new JarFile(bundle.toFile()); JarFile to = new JarFile(build.toFile())) {
            assertEquals("1.2.0", to.getManifest().getMainAttributes().getValue(Constants.BUNDLE_VERSION));
            assertEquals("driver", to.getManifest().getMainAttributes().getValue(Constants.BUNDLE_SYMBOLICNAME));
            assertArrayEquals(content(from), content(to));
        }
        assertEquals(-1, Files.mismatch(builds.make("1.2.0"), build));
    }

    @Test
    void aBrokenBuildLacksTheClass() throws Exception {
        Path bundle = folder.resolve("driver-1.jar");
        StubBundle.write(bundle, "driver", "");
        Path build = new DriverBuilds(bundle, "driver", folder.resolve("builds")).broken("1.3.0", "StubBundle.class");
        try (JarFile jar = new JarFile(build.toFile())) {
            assertNull(jar.getEntry(CLASS));
            assertEquals("1.3.0", jar.getManifest().getMainAttributes().getValue(Constants.BUNDLE_VERSION));
        }
    }
}
