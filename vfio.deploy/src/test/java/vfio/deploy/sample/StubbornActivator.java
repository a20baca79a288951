// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.sample;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** A driver's bundle that starts, and throws when stopped. */
public final class StubbornActivator implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        // nothing to do
    }

    @Override
    public void stop(BundleContext context) {
        throw new IllegalStateException("I stay");
    }
}
