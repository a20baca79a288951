// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.sample;

import java.util.concurrent.CountDownLatch;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** A driver's bundle whose start does not end by itself, interrupts or not; ends by system property {@code sample.release}. */
public final class HangingActivator implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        CountDownLatch never = new CountDownLatch(1);
        while (System.getProperty("sample.release") == null) {
            try {
                never.await(20, java.util.concurrent.TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                // as a driver that swallows it
            }
        }
    }

    @Override
    public void stop(BundleContext context) {
        // never started
    }
}
