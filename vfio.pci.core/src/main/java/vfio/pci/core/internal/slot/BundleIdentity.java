// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

import java.util.Comparator;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.Version;

/**
 * The identity of the bundle, and of its build, that a driver comes from: text and numbers, never a reference to the bundle.
 */
public record BundleIdentity(long id, String symbolicName, Version version, long modified) {
    /** The order among bundles that claim one driver name: symbolic name, then the higher version, then the later install. */
    static final Comparator<BundleIdentity> ORDER = Comparator.comparing(BundleIdentity::symbolicName)
            .thenComparing(Comparator.comparing(BundleIdentity::version).reversed())
            .thenComparing(Comparator.comparingLong(BundleIdentity::id).reversed());

    public static BundleIdentity of(ServiceReference<?> reference) {
        Bundle bundle = reference.getBundle();
        String name = bundle.getSymbolicName();
        return new BundleIdentity(bundle.getBundleId(), name == null ? "bundle " + bundle.getBundleId() : name,
                bundle.getVersion(), bundle.getLastModified());
    }

    @Override
    public String toString() {
        return symbolicName + " " + version;
    }
}
