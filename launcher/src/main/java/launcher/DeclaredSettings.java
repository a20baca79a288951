// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.Bundle;
import vfio.admin.ExitCode;
import vfio.core.settings.SettingTable;

/**
 * The settings that the components of our bundles declare, each component in a nested annotation type {@code Config}. They
 * are read before anything runs: a setting that no component understands prevents the start.
 */
final class DeclaredSettings {
    /** The PID of drivers: the PCI core reads it for them, and they have settings beside those that it declares. */
    private static final String DRIVERS = "vfio.pci.driver";
    private static final Pattern PIDS = Pattern.compile("configuration-pid=\"([^\"]*)\"");
    private static final Pattern CLASS = Pattern.compile("<implementation class=\"([^\"]*)\"");

    private final Map<String, List<Component>> byPid = new TreeMap<>();

    /** A component whose class is not loaded before a setting of it is checked: no start needs those of all. */
    private record Component(Bundle bundle, String type) {
        List<Class<?>> declarations() {
            try {
                return Arrays.<Class<?>>stream(bundle.loadClass(type).getDeclaredClasses())
                        .filter(each -> each.isAnnotation() && each.getSimpleName().equals("Config")).toList();
            } catch (ClassNotFoundException | LinkageError e) {
                return List.of(); // whoever starts it will hear of that
            }
        }
    }

    /**
     * Reads the settings that bundles declare.
     *
     * @param bundles installed, whether they run or not
     */
    DeclaredSettings(List<Bundle> bundles) throws IOException {
        for (Bundle bundle : bundles) {
            String components = bundle.getHeaders().get("Service-Component");
            for (String path : components == null ? new String[0] : components.trim().split("\\s*,\\s*")) {
                URL description = bundle.getEntry(path);
                if (description != null) {
                    add(bundle, text(description));
                }
            }
        }
    }

    private static String text(URL url) throws IOException {
        try (InputStream in = url.openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private void add(Bundle bundle, String description) {
        Matcher pids = PIDS.matcher(description);
        Matcher implementation = CLASS.matcher(description);
        if (pids.find() && implementation.find()) {
            for (String pid : pids.group(1).trim().split("\\s+")) {
                byPid.computeIfAbsent(pid, any -> new ArrayList<>()).add(new Component(bundle, implementation.group(1)));
            }
        }
    }

    /**
     * Checks what an operator has given.
     *
     * @throws LaunchException with a sentence for each setting whose name or value no component understands
     */
    void check(List<Configurations.Given> all) throws LaunchException {
        List<String> wrong = new ArrayList<>();
        boolean commandLine = true;
        for (Configurations.Given given : all) {
            String pid = Configurations.factory(given.pid());
            if (byPid.containsKey(pid)) {
                SettingTable table = new SettingTable(byPid.get(pid).stream()
                        .flatMap(component -> component.declarations().stream()).toArray(Class[]::new));
                Optional<String> why = pid.equals(DRIVERS) ? table.problemAmongOthers(given.key(), given.value())
                        : table.problem(given.key(), given.value());
                why.ifPresent(text -> wrong.add(given + ": " + text));
                commandLine &= why.isEmpty() || given.ofCommandLine();
            }
        }
        if (!wrong.isEmpty()) {
            throw new LaunchException(commandLine ? ExitCode.USAGE : ExitCode.REFUSED, String.join("\nvfio: ", wrong));
        }
    }
}
