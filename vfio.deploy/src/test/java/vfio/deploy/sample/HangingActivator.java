// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.sample;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** A driver's bundle whose start ends by system property {@code sample.release} alone, interrupts or not. */
public final class HangingActivator implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        CountDownLatch never = new CountDownLatch(1);
        while (System.getProperty("sample.release") == null) {
            try {
                never.await(20, TimeUnit.MILLISECONDS);
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
