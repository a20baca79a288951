// SPDX-License-Identifier: Apache-2.0
package itest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The bundles as the reactor has just built them. */
final class ReactorBundles {
    static final Path ROOT = Path.of(System.getProperty("reactor.directory", "..")).toAbsolutePath().normalize();
    private static final String VERSION = System.getProperty("reactor.version", "0.1.0-SNAPSHOT");
    private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");

    private ReactorBundles() {
    }

    /**
     * One built bundle.
     *
     * @param name its symbolic name
     */
    record Built(String name, Path jar, Manifest manifest) {
        String header(String name) {
            return manifest.getMainAttributes().getValue(name);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** The jar of a module, which must have been built. */
    static Path jar(String module) {
        Path jar = path(module);
        if (!Files.isRegularFile(jar)) {
            throw new IllegalStateException(jar + " is missing: run 'mvn verify', which builds it first");
        }
        return jar;
    }

    private static Path path(String module) {
        String artifact = module.substring(module.lastIndexOf('/') + 1);
        return ROOT.resolve(module).resolve("target").resolve(artifact + "-" + VERSION + ".jar");
    }

    /** All bundles of the reactor, in its order; modules that make no jar, and those of profiles, are left out. */
    static List<Built> all() {
        try {
            String always = Files.readString(ROOT.resolve("pom.xml")).replaceFirst("(?s)<profiles>.*", "");
            return MODULE.matcher(always).results().map(ReactorBundles::moduleOf)
                    .map(ReactorBundles::path).filter(Files::isRegularFile).map(ReactorBundles::read)
                    .filter(built -> built.name() != null).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String moduleOf(MatchResult match) {
        return match.group(1).strip();
    }

    private static Built read(Path jar) {
        try (JarFile file = new JarFile(jar.toFile())) {
            Manifest manifest = file.getManifest();
            String name = manifest == null ? null : manifest.getMainAttributes().getValue("Bundle-SymbolicName");
            return new Built(name == null ? null : name.replaceAll(";.*", ""), jar, manifest);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
