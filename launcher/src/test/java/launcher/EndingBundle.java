// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.startlevel.FrameworkStartLevel;
import org.osgi.service.condition.Condition;

/**
 * A bundle that stands for all of ours, answers the one question that a starting daemon asks over its socket, and then does
 * to the process what the system property {@code test.end} says.
 */
public final class EndingBundle implements BundleActivator {
    private static final String STATUS = "{\"schema\":1,\"status\":{\"buses\":[],\"bound\":0,\"wanted\":0}}";

    /** Writes a jar of this bundle. */
    static Path write(Path jar, String symbolicName) throws IOException {
        Manifest manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.putValue(Constants.BUNDLE_MANIFESTVERSION, "2");
        headers.putValue(Constants.BUNDLE_SYMBOLICNAME, symbolicName);
        headers.putValue(Constants.BUNDLE_ACTIVATOR, EndingBundle.class.getName());
        headers.putValue(Constants.IMPORT_PACKAGE,
                "org.osgi.framework,org.osgi.framework.startlevel,org.osgi.service.condition");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            for (Class<?> each : new Class<?>[] {EndingBundle.class, FakeDaemon.class}) {
                String name = each.getName().replace('.', '/') + ".class";
                try (InputStream in = each.getClassLoader().getResourceAsStream(name)) {
                    out.putNextEntry(new JarEntry(name));
                    in.transferTo(out);
                }
            }
        }
        return jar;
    }

    @Override
    public void start(BundleContext context) throws Exception {
        if (context.getBundle().getSymbolicName().startsWith("vfio.")) {
            Path directory = Path.of(context.getProperty(Constants.FRAMEWORK_STORAGE)).getParent();
            FakeDaemon daemon = new FakeDaemon(directory, FakeDaemon.frames(1, STATUS, 3, 0));
            daemon.clientLeft.thenRun(() -> new Thread(() -> end(context)).start());
            if ("activator".equals(System.getProperty("test.end"))) {
                System.exit(0);
            }
            context.registerService(Condition.class, Condition.INSTANCE,
                    new Hashtable<>(Map.of(Condition.CONDITION_ID, "vfio.deploy.scanned")));
        }
    }

    private static void end(BundleContext context) {
        try {
            switch (System.getProperty("test.end", "")) {
                case "exit" -> System.exit(0);
                case "level" -> context.getBundle(0).adapt(FrameworkStartLevel.class).setStartLevel(1);
                case "framework" -> context.getBundle(0).stop();
                case "restart" -> {
                    context.getBundle().stop();
                    context.getBundle().start();
                }
                case "hang" -> context.installBundle(System.getProperty("test.bundle")).start();
                default -> { }
            }
        } catch (BundleException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void stop(BundleContext context) {
        while (!context.getBundle().getSymbolicName().startsWith("vfio.")) { // a driver's, which hangs
            LockSupport.park();
        }
    }
}
