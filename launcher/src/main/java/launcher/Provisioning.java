// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.startlevel.BundleStartLevel;
import vfio.admin.ExitCode;
import vfio.core.file.TrustedPath;

/** The bundles that the framework gets, and the start level of each. */
final class Provisioning {
    static final int LAST_LEVEL = 5;
    private static final int LIBRARIES = 1;

    private final Map<String, Integer> levels = new HashMap<>();

    /** @param settings {@code level.N}, symbolic names with commas */
    Provisioning(Properties settings) {
        for (String key : settings.stringPropertyNames()) {
            if (key.startsWith("level.")) {
                Integer level = Integer.valueOf(key.substring("level.".length()));
                for (String name : settings.getProperty(key).trim().split("\\s*,\\s*")) {
                    levels.put(name, level);
                }
            }
        }
    }

    /** A bundle to install. */
    record Item(Path jar, String symbolicName, boolean fragment, int level) {
    }

    /** Returns the bundles of a folder, by level and name. */
    List<Item> plan(Path folder) throws LaunchException {
        List<Item> items = new ArrayList<>();
        try {
            for (Path jar : Files.isDirectory(folder) ? Home.jars(folder) : List.<Path>of()) {
                Item item = item(jar);
                if (item != null) {
                    items.add(item);
                }
            }
        } catch (IOException e) {
            throw new LaunchException(ExitCode.REFUSED, "cannot read the bundles: " + e.getMessage()
                    + "; build them: mvn package");
        }
        if (items.isEmpty()) {
            throw new LaunchException(ExitCode.REFUSED, "there are no bundles in " + folder + "; build them: mvn package");
        }
        items.sort((a, b) -> a.level() != b.level() ? a.level() - b.level() : a.symbolicName().compareTo(b.symbolicName()));
        return items;
    }

    /**
     * Returns the bundles of programs, which are started last.
     *
     * @throws LaunchException for a file that is no bundle, or that another user could exchange
     */
    List<Item> programs(List<Path> jars) throws LaunchException {
        List<Item> items = new ArrayList<>();
        for (Path jar : jars) {
            try {
                Item item = item(TrustedPath.ofThisProcess().checkFile(jar));
                if (item == null) {
                    throw new LaunchException(ExitCode.REFUSED, "cannot use the program " + jar + ": it is no bundle");
                }
                items.add(new Item(item.jar(), item.symbolicName(), item.fragment(), LAST_LEVEL));
            } catch (IOException e) {
                throw OwnFolder.unusable("program", jar, e, "--program");
            }
        }
        return items;
    }

    private Item item(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile(), false)) {
            Manifest manifest = file.getManifest();
            Attributes headers = manifest == null ? new Attributes() : manifest.getMainAttributes();
            String name = headers.getValue(Constants.BUNDLE_SYMBOLICNAME);
            if (name == null) {
                return null; // a plain jar has nothing to start
            }
            name = name.split(";")[0].trim();
            int level = levels.getOrDefault(name, LIBRARIES);
            return new Item(jar, name, headers.getValue(Constants.FRAGMENT_HOST) != null, level);
        } catch (IOException e) {
            throw new IOException(jar + ": " + e.getMessage(), e);
        }
    }

    /** Installs bundles by reference, so that nothing is copied, each to be started when its level is reached. */
    static List<Bundle> install(List<Item> items, BundleContext context) throws BundleException {
        List<Bundle> bundles = new ArrayList<>();
        for (Item item : items) {
            Bundle bundle = context.installBundle("reference:file:" + item.jar().toAbsolutePath().toUri().getRawPath());
            bundle.adapt(BundleStartLevel.class).setStartLevel(item.level());
            if (!item.fragment()) {
                bundle.start(Bundle.START_ACTIVATION_POLICY);
                bundles.add(bundle);
            }
        }
        return bundles;
    }
}
