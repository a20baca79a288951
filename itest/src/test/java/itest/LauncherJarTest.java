// SPDX-License-Identifier: Apache-2.0
package itest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.spi.ToolProvider;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/** The launcher's jar, which is no bundle: it carries the classes of ours that it shares with bundles. */
class LauncherJarTest {
    private static final Path JAR = ReactorBundles.jar("launcher");

    /** The launcher is compiled against whole bundles, so the compiler does not see what its jar lacks. */
    @Test
    void noClassThatItNeedsOfOursIsLeftOut() {
        StringWriter missing = new StringWriter();
        ToolProvider jdeps = ToolProvider.findFirst("jdeps").orElseThrow();
        jdeps.run(new PrintWriter(missing, true), new PrintWriter(missing, true), "--missing-deps", JAR.toString());
        List<String> lines = missing.toString().lines().filter(line -> line.contains(" -> ")).toList();
        assertTrue(lines.stream().anyMatch(line -> line.contains(" -> org.jline.")), missing::toString); // which is beside it
        assertEquals(List.of(), lines.stream().filter(line -> line.contains(" -> vfio.")).toList());
    }

    @Test
    void ofVfioAdminItCarriesWhatDaemonAndCommandShare() throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            List<String> others = jar.stream().map(ZipEntry::getName)
                    .filter(name -> name.startsWith("vfio/admin/") && name.endsWith(".class"))
                    .filter(name -> !name.startsWith("vfio/admin/control/")).toList();
            assertEquals(List.of("vfio/admin/ExitCode.class"), others);
        }
    }
}
