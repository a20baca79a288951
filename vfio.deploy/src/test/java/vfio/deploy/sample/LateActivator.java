// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.sample;

import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/**
 * A driver's bundle that registers a service, hangs until system property {@code sample.release} is set, and registers more.
 */
public final class LateActivator implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        register(context, "early");
        CountDownLatch never = new CountDownLatch(1);
        while (System.getProperty("sample.release") == null) {
            try {
                never.await(20, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                // as a driver that swallows it
            }
        }
        register(context, "late");
    }

    private static void register(BundleContext context, String when) {
        context.registerService(Runnable.class, () -> { }, new Hashtable<>(Map.of("sample", when)));
    }

    @Override
    public void stop(BundleContext context) {
        System.setProperty("sample.stopped", "yes");
    }
}
