// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceEvent;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.hooks.service.EventListenerHook;
import org.osgi.framework.hooks.service.FindHook;
import org.osgi.framework.hooks.service.ListenerHook.ListenerInfo;
import vfio.pci.core.admin.DriverHandover;

/**
 * The driver bundles that hang in a call and were left behind. During that call they may register services: nobody sees
 * these, and the core gives up the drivers that it has of them.
 */
final class AbandonedBundles implements EventListenerHook, FindHook {
    private final DriverHandover core;
    private final Set<Long> bundles = ConcurrentHashMap.newKeySet();

    AbandonedBundles(DriverHandover core) {
        this.core = core;
    }

    /** Hides a bundle's services from now on; no effect on a bundle that is abandoned already. */
    void add(Bundle bundle) {
        if (!bundles.add(bundle.getBundleId())) {
            return;
        }
        try {
            core.giveUp(bundle.getBundleId());
        } catch (RuntimeException | Error e) { // the bundle is hidden all the same
            System.getLogger(AbandonedBundles.class.getName()).log(System.Logger.Level.WARNING,
                    "drivers of " + bundle + ", which hangs, are not taken off", e);
        }
    }

    /** Tells whether a bundle was abandoned. */
    boolean contains(Bundle bundle) {
        return bundles.contains(bundle.getBundleId());
    }

    private boolean hides(ServiceReference<?> service) {
        Bundle bundle = service.getBundle();
        return bundle != null && contains(bundle);
    }

    /**
     * Hides all events but those of services that go: others may have seen such a service before its bundle was abandoned.
     */
    @Override
    public void event(ServiceEvent event, Map<BundleContext, Collection<ListenerInfo>> listeners) {
        if (event.getType() != ServiceEvent.UNREGISTERING && hides(event.getServiceReference())) {
            listeners.clear();
        }
    }

    @Override
    public void find(BundleContext finder, String name, String filter, boolean all, Collection<ServiceReference<?>> found) {
        found.removeIf(this::hides);
    }
}
