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
 * The driver bundles that hang in a call and were left behind. They may go on registering services for as long as they are
 * in it: nobody sees these, and what the core has of them is taken off.
 */
final class AbandonedBundles implements EventListenerHook, FindHook {
    private final DriverHandover core;
    private final Set<Long> bundles = ConcurrentHashMap.newKeySet();

    AbandonedBundles(DriverHandover core) {
        this.core = core;
    }

    /** Hides a bundle's services from now on; no effect on one that was given up before. */
    void add(Bundle bundle) {
        if (!bundles.add(bundle.getBundleId())) {
            return;
        }
        try {
            core.giveUp(bundle.getBundleId());
        } catch (RuntimeException | Error e) { // it is hidden all the same
            System.getLogger(AbandonedBundles.class.getName()).log(System.Logger.Level.WARNING,
                    "drivers of " + bundle + ", which hangs, are not taken off", e);
        }
    }

    boolean contains(Bundle bundle) {
        return bundles.contains(bundle.getBundleId());
    }

    private boolean hides(ServiceReference<?> service) {
        Bundle bundle = service.getBundle();
        return bundle != null && contains(bundle);
    }

    /** That a service goes is told to all: some may have seen it before its bundle was given up. */
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
