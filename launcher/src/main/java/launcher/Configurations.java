// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import vfio.admin.ExitCode;

/**
 * The configuration of each component: the launcher's own settings, overridden by the files of the state directory, which the
 * command line overrides.
 */
final class Configurations {
    private static final String SUFFIX = ".properties";
    private static final String EMULATED_PID = "vfio.hardware.emulated";
    private static final String LINUX_PID = "vfio.hardware.linux";
    private static final String CORE_PID = "vfio.pci.core";
    private static final String POLICIES = "policies";

    private final Map<String, Map<String, Object>> byPid = new TreeMap<>();
    private final List<Given> given = new ArrayList<>();

    /**
     * A setting as an operator has given it.
     *
     * @param key without brackets
     * @param value a text, or an array of texts
     * @param where a file's name, or the option of the command line
     */
    record Given(String pid, String key, Object value, String where) {
        boolean ofCommandLine() {
            return where.startsWith("--");
        }

        @Override
        public String toString() {
            String text = value instanceof String[] list ? "[]=" + String.join(",", list) : "=" + value;
            return "setting " + pid + ":" + key + text + " (" + where + ")";
        }
    }

    private Configurations() {
    }

    static Configurations of(Settings settings) throws LaunchException {
        Configurations all = new Configurations();
        all.own(settings);
        if (!settings.standalone()) {
            all.files(settings.state().resolve("config"), settings.buses());
        }
        for (Settings.Assignment each : settings.assignments()) {
            all.give(each, "--set");
        }
        all.policies(settings.policies());
        return all;
    }

    /** Returns whether a PID is of a bus that was not chosen. Its configuration is what starts a bus component. */
    static boolean isOfAbsentBus(String pid, Set<String> buses) {
        return pid.equals(EMULATED_PID) && !buses.contains(Settings.EMULATED)
                || pid.equals(LINUX_PID) && !buses.contains(Settings.LINUX);
    }

    private void own(Settings settings) {
        if (settings.buses().contains(Settings.EMULATED)) {
            put(EMULATED_PID, "topology", settings.topology() == null ? "" : settings.topology().toString());
        }
        if (settings.buses().contains(Settings.LINUX)) {
            put(LINUX_PID, "taken", settings.standalone() ? "" : settings.state().resolve("taken").toString());
        }
        Map<String, Object> deploy = of("vfio.deploy");
        String shipped = settings.home().shippedDrivers().toString();
        String drivers = settings.drivers().toString();
        // A standalone command answers for every driver there is: the operator's folder may not have been made yet.
        deploy.put("folders", settings.standalone() ? new String[] {drivers, shipped} : new String[] {drivers});
        deploy.put("shipped", new String[] {shipped});
        deploy.put("staging", settings.state().resolve("staging").toString());
        Map<String, Object> admin = of("vfio.admin");
        admin.put("directory", settings.directory().toString());
        admin.put("held", true);
        admin.put("state", settings.state().toString());
        admin.put("standalone", settings.standalone());
    }

    private void files(Path folder, Set<String> buses) throws LaunchException {
        if (Files.notExists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            found.forEach(files::add);
            files.sort(null);
            for (Path file : files) {
                file(file, buses);
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new LaunchException(ExitCode.REFUSED, "cannot take the settings of " + folder + ": " + e.getMessage()
                    + "; mend or remove it");
        }
    }

    private void file(Path file, Set<String> buses) throws IOException {
        String name = file.getFileName().toString();
        String pid = name.substring(0, name.length() - SUFFIX.length());
        if (isOfAbsentBus(pid, buses)) {
            return;
        }
        Map<String, String> values;
        try {
            values = SettingsFile.read(file);
        } catch (IllegalArgumentException | IOException e) {
            throw new IOException(name + ": " + e.getMessage(), e);
        }
        of(pid);
        for (Map.Entry<String, String> value : values.entrySet()) {
            give(new Settings.Assignment(pid, value.getKey(), value.getValue()), name);
        }
    }

    /** Adds the policies of the command line after those of the files, since the latest decides. */
    private void policies(List<String> policies) {
        if (policies.isEmpty()) {
            return;
        }
        Object before = of(CORE_PID).getOrDefault(POLICIES, new String[0]);
        List<String> all = new ArrayList<>(before instanceof String[] list ? Arrays.asList(list) : List.of((String) before));
        all.addAll(policies);
        of(CORE_PID).put(POLICIES, all.toArray(String[]::new));
        given.add(new Given(CORE_PID, POLICIES, policies.toArray(String[]::new), "--policy"));
    }

    private void give(Settings.Assignment each, String where) {
        put(each.pid(), each.key(), each.value());
        String key = each.key().replace("[]", "");
        given.add(new Given(each.pid(), key, of(each.pid()).get(key), where));
    }

    private void put(String pid, String key, String value) {
        if (key.endsWith("[]")) {
            String[] list = value.isBlank() ? new String[0] : value.trim().split("\\s*,\\s*");
            of(pid).put(key.substring(0, key.length() - 2), list);
        } else {
            of(pid).put(key, value);
        }
    }

    private Map<String, Object> of(String pid) {
        return byPid.computeIfAbsent(pid, p -> new TreeMap<>());
    }

    Map<String, Map<String, Object>> byPid() {
        return byPid;
    }

    /** Returns the factory's PID for that of one of its instances, and any other PID unchanged. */
    static String factory(String pid) {
        int tilde = pid.indexOf('~');
        return tilde < 0 ? pid : pid.substring(0, tilde);
    }

    /** Returns the settings that an operator has given, those of files first. */
    List<Given> given() {
        return given;
    }

    /** Stores all configurations in Configuration Admin; {@code FACTORY~NAME} is a named instance of a factory. */
    void store(ConfigurationAdmin admin) throws IOException {
        for (Map.Entry<String, Map<String, Object>> each : byPid.entrySet()) {
            String pid = each.getKey();
            int tilde = pid.indexOf('~');
            Configuration configuration = tilde < 0 ? admin.getConfiguration(pid, "?")
                    : admin.getFactoryConfiguration(pid.substring(0, tilde), pid.substring(tilde + 1), "?");
            configuration.update(new Hashtable<>(each.getValue()));
        }
    }
}
