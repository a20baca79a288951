// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.FrameworkListener;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceException;
import vfio.deploy.DeployAdmin.ComponentRow;

/**
 * Why services of drivers' bundles could not be had: what their components threw, and what the framework has said of them,
 * as of a class that cannot be loaded.
 */
final class DriverFaults implements FrameworkListener {
    private static final int MOST = 256;

    private final Map<Long, String> told = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, String> eldest) {
            return size() > MOST;
        }
    };

    @Override
    public void frameworkEvent(FrameworkEvent event) {
        Bundle bundle = event.getBundle();
        if (event.getType() == FrameworkEvent.ERROR && DriverBundles.isOurs(bundle) && event.getThrowable() != null) {
            Throwable thrown = event.getThrowable();
            boolean wrapped = thrown instanceof ServiceException && thrown.getCause() != null;
            String text = text(wrapped ? thrown.getCause() : thrown);
            synchronized (told) {
                told.put(bundle.getBundleId(), text);
            }
        }
    }

    /** This is the framework's thread: no code of a driver runs on it, so of its own exceptions only the name is told. */
    private static String text(Throwable thrown) {
        for (Throwable next = thrown; next != null; next = next.getCause()) {
            Bundle of = FrameworkUtil.getBundle(next.getClass());
            if (of != null && DriverBundles.isOurs(of)) {
                return thrown.getClass().getName();
            }
        }
        return Text.causes(thrown);
    }

    /** What the framework has said last, or null; all it had to say of a bundle by the time that has been refreshed. */
    String told(Bundle bundle) {
        synchronized (told) {
            return told.get(bundle.getBundleId());
        }
    }

    /** The first failure of a bundle's components, or what the framework has said, or null. */
    String of(Bundle bundle, List<ComponentRow> components) {
        return components.stream().filter(part -> part.failure() != null).map(part -> part.name() + ": " + part.failure())
                .findFirst().orElseGet(() -> told(bundle));
    }
}
