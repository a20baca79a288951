// SPDX-License-Identifier: Apache-2.0
package itest;

import aQute.bnd.osgi.Builder;
import aQute.bnd.osgi.FileResource;
import aQute.bnd.osgi.Jar;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Builds driver jars out of this module's test classes, as bnd would for a vendor. Used outside the framework, before it
 * starts; tests inside find the jars by {@link DriverJars}.
 */
final class TestDrivers {
    private TestDrivers() {
    }

    /** A jar with one driver: its class, what is nested in it, and the class it is nested in. */
    static Path build(Class<?> driver, String version, String... headers) throws Exception {
        return buildAs(DriverJars.symbolicName(driver.getName()), driver, version, headers);
    }

    /** The same under another symbolic name. */
    static Path buildAs(String name, Class<?> driver, String version, String... headers) throws Exception {
        try (Builder builder = new Builder()) {
            builder.setClasspath(new File[] {file(vfio.core.Errno.class), file(vfio.pci.core.PciDriver.class)});
            builder.setJar(classes(driver));
            builder.setBundleSymbolicName(name);
            builder.setBundleVersion(version);
            builder.setProperty("-noextraheaders", "true");
            builder.setProperty("-noimportjava", "true");
            builder.setProperty("-dsannotations-options", "norequirements");
            for (int i = 0; i < headers.length; i += 2) {
                builder.setProperty(headers[i], headers[i + 1]);
            }
            Jar jar = builder.build();
            if (!builder.getErrors().isEmpty()) {
                throw new IllegalStateException(name + ": " + builder.getErrors());
            }
            Path path = DriverJars.path(name, version);
            Files.createDirectories(path.getParent());
            jar.write(path.toFile());
            return path;
        }
    }

    private static Jar classes(Class<?> driver) throws Exception {
        Jar jar = new Jar("driver");
        String folder = driver.getPackageName().replace('.', '/') + "/";
        String own = driver.getName().substring(driver.getPackageName().length() + 1);
        Path tests = file(driver).toPath().resolve(folder);
        try (Stream<Path> files = Files.list(tests)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString().replace(".class", "");
                if (name.equals(own) || name.startsWith(own + "$") || own.startsWith(name + "$") || nested(own, name)) {
                    jar.putResource(folder + name + ".class", new FileResource(file));
                }
            }
        }
        return jar;
    }

    /** Tells whether a class that several drivers share is nested in the same one. */
    private static boolean nested(String own, String name) {
        return own.contains("$") && name.startsWith(own.replaceFirst("\\$.*", "\\$Counting"));
    }

    private static File file(Class<?> type) throws URISyntaxException {
        return new File(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }
}
