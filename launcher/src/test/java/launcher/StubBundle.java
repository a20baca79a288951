// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import java.util.Properties;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceEvent;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.condition.Condition;

/**
 * A bundle that stands for all of ours: it writes down what it saw when it started and stopped, says that the drivers
 * folder was scanned, and leaves a file where the control socket would be.
 */
public final class StubBundle implements BundleActivator {
    private Path directory;

    /** Writes the bundle's jar: this class, and what it imports. */
    static void write(Path jar, String symbolicName, String imports) throws IOException {
        Manifest manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.putValue(Constants.BUNDLE_MANIFESTVERSION, "2");
        headers.putValue(Constants.BUNDLE_SYMBOLICNAME, symbolicName);
        headers.putValue(Constants.BUNDLE_ACTIVATOR, StubBundle.class.getName());
        headers.putValue(Constants.IMPORT_PACKAGE,
                "org.osgi.framework,org.osgi.service.cm,org.osgi.service.condition" + imports);
        String name = StubBundle.class.getName().replace('.', '/') + ".class";
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
                InputStream in = StubBundle.class.getClassLoader().getResourceAsStream(name)) {
            out.putNextEntry(new JarEntry(name));
            in.transferTo(out);
        }
    }

    @Override
    public void start(BundleContext context) throws Exception {
        directory = Path.of(context.getProperty(Constants.FRAMEWORK_STORAGE)).getParent();
        ServiceReference<ConfigurationAdmin> admin = context.getServiceReference(ConfigurationAdmin.class);
        note("started", settled(context), context.getService(admin));
        context.addServiceListener(this::onSettled, "(" + Condition.CONDITION_ID + "=vfio.settled)");
        Files.createFile(directory.resolve("control.sock"));
        context.registerService(Condition.class, Condition.INSTANCE,
                new Hashtable<>(Map.of(Condition.CONDITION_ID, "vfio.deploy.scanned")));
    }

    private static boolean settled(BundleContext context) throws Exception {
        return !context.getServiceReferences(Condition.class, "(" + Condition.CONDITION_ID + "=vfio.settled)").isEmpty();
    }

    private void note(String what, boolean settled, ConfigurationAdmin admin) throws IOException {
        Properties notes = new Properties();
        notes.setProperty("settled", String.valueOf(settled));
        Configuration[] all = list(admin);
        for (Configuration each : all == null ? new Configuration[0] : all) {
            Dictionary<String, Object> values = each.getProperties();
            notes.setProperty(each.getPid(), String.valueOf(values.get("key")));
        }
        write(what, notes);
    }

    private static Configuration[] list(ConfigurationAdmin admin) throws IOException {
        try {
            return admin.listConfigurations(null);
        } catch (InvalidSyntaxException e) {
            throw new IOException(e);
        }
    }

    private void onSettled(ServiceEvent event) {
        String what = event.getType() == ServiceEvent.REGISTERED ? "settled" : "unsettled";
        boolean stopping = event.getServiceReference().getBundle().getState() == Bundle.STOPPING;
        Properties notes = new Properties();
        notes.setProperty("stopping", String.valueOf(stopping));
        try {
            write(what, notes);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void write(String what, Properties notes) throws IOException {
        try (var out = Files.newBufferedWriter(directory.resolve(what + ".notes"))) {
            notes.store(out, null);
        }
    }

    @Override
    public void stop(BundleContext context) throws IOException {
        Properties notes = new Properties();
        notes.setProperty("unsettled", String.valueOf(Files.exists(directory.resolve("unsettled.notes"))));
        write("stopped", notes);
    }
}
