// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.AllServiceListener;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceEvent;
import org.osgi.framework.launch.Framework;

/**
 * A Felix framework with the bundles it is told and nothing else: the program of {@link BareProcess}. Binds no function.
 * Tells on standard output what happens, a word a line, and ends when its standard input does.
 */
public final class BareFramework {
    /** All bundles that were to be started are active. */
    static final String ACTIVE = "active";
    /** A service {@code vfio.pci.core.PciDriver} was registered. */
    static final String DRIVER_CAME = "driver-came";
    /** Such a service was unregistered. */
    static final String DRIVER_WENT = "driver-went";
    /** The argument after which jars are installed and not started: others import their packages. */
    static final String LIBRARIES = "--libraries";

    private BareFramework() {
    }

    /** Arguments: an empty folder for the framework's cache, the jars to start, and those after {@link #LIBRARIES}. */
    public static void main(String[] arguments) throws BundleException, InvalidSyntaxException, IOException {
        Framework framework = new FrameworkFactory().newFramework(
                Map.of(Constants.FRAMEWORK_STORAGE, arguments[0], "felix.log.level", "0", "ds.showtrace", "false"));
        framework.init();
        BundleContext context = framework.getBundleContext();
        context.addServiceListener((AllServiceListener) BareFramework::tell, "(objectClass=vfio.pci.core.PciDriver)");
        List<Bundle> started = install(context, List.of(arguments).subList(1, arguments.length));
        framework.start();
        for (Bundle bundle : started) {
            if (bundle.getState() != Bundle.ACTIVE) {
                throw new BundleException(bundle.getLocation() + " did not start");
            }
        }
        System.out.println(ACTIVE);
        System.in.read(); // nothing is written to it: the end is what comes
        System.exit(0);
    }

    /** Installs by reference, as the launcher does, so that nothing is copied. */
    private static List<Bundle> install(BundleContext context, List<String> jars) throws BundleException {
        List<Bundle> started = new ArrayList<>();
        boolean library = false;
        for (String jar : jars) {
            if (jar.equals(LIBRARIES)) {
                library = true;
                continue;
            }
            Bundle bundle = context.installBundle("reference:" + Path.of(jar).toUri());
            if (!library) {
                bundle.start(Bundle.START_ACTIVATION_POLICY);
                started.add(bundle);
            }
        }
        return started;
    }

    private static void tell(ServiceEvent event) {
        if (event.getType() == ServiceEvent.REGISTERED) {
            System.out.println(DRIVER_CAME);
        } else if (event.getType() == ServiceEvent.UNREGISTERING) {
            System.out.println(DRIVER_WENT);
        }
    }
}
