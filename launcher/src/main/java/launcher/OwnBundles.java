// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.framework.startlevel.BundleStartLevel;
import vfio.core.thread.DaemonThread;

/**
 * The daemon's own bundles, watched: a driver that stops one of them, or lowers the framework's start level, would leave a
 * process that nobody can talk to.
 */
final class OwnBundles implements SynchronousBundleListener {
    /** Milliseconds in which a bundle that is only restarted runs again. */
    private static final long GRACE_MILLIS = 2_000;

    private final List<Bundle> bundles;
    private final Consumer<String> fallen;
    private boolean looking;
    private boolean closing;

    /** @param fallen called once, with a sentence, when they are not whole any more */
    OwnBundles(List<Bundle> bundles, Consumer<String> fallen) {
        this.bundles = List.copyOf(bundles);
        this.fallen = fallen;
    }

    boolean has(Bundle bundle) {
        return bundles.contains(bundle);
    }

    /** Ends the watch, before the daemon itself stops them. */
    synchronized void close() {
        closing = true;
        notifyAll();
    }

    @Override
    public synchronized void bundleChanged(BundleEvent event) {
        if (event.getType() == BundleEvent.STOPPED && has(event.getBundle()) && !closing && !looking) {
            looking = true;
            DaemonThread.start("vfio-own-bundles", this::look);
        }
    }

    /** Looks for stopped bundles on a thread of its own: the thread that stops a bundle waits for its listeners. */
    private void look() {
        String sentence = "";
        synchronized (this) {
            try {
                wait(GRACE_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
            looking = false;
            List<String> stopped = stopped();
            if (closing || stopped.isEmpty()) {
                return;
            }
            closing = true;
            sentence = "stopped from inside and not started again: " + String.join(", ", stopped);
        }
        fallen.accept(sentence);
    }

    private List<String> stopped() {
        List<String> names = new ArrayList<>();
        for (Bundle bundle : bundles) {
            boolean later = bundle.getState() != Bundle.UNINSTALLED
                    && bundle.adapt(BundleStartLevel.class).getStartLevel() > Provisioning.LAST_LEVEL;
            if (bundle.getState() != Bundle.ACTIVE && !later) {
                names.add(bundle.getSymbolicName());
            }
        }
        return names;
    }
}
