// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.sample;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** A driver's bundle that does not start. */
public final class ThrowingActivator implements BundleActivator {
    /** An exception of the bundle's own class, which nothing may keep. */
    private static final class OwnException extends Exception {
        private static final long serialVersionUID = 1L;

        private OwnException() {
            super("firmware\nmissing");
        }
    }

    @Override
    public void start(BundleContext context) throws Exception {
        throw new OwnException();
    }

    @Override
    public void stop(BundleContext context) {
        // never started
    }
}
