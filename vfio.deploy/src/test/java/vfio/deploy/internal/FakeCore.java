// SPDX-License-Identifier: Apache-2.0
package vfio.deploy.internal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.osgi.framework.BundleContext;
import vfio.pci.core.admin.DriverHandover;

/** A PCI core that writes down what it is asked, in order. */
final class FakeCore implements DriverHandover {
    final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    /** What the next restore answers. */
    volatile Supplier<Map<String, String>> restores = Map::of;
    volatile RuntimeException retireFails;
    /** What users do while they are asked to let go. */
    volatile Runnable retireWaits = () -> { };
    volatile RuntimeException closeFails;
    private final BundleContext context;

    FakeCore(BundleContext context) {
        this.context = context;
    }

    @Override
    public Handover retire(long bundleId) {
        var bundle = context.getBundle(bundleId);
        calls.add("retire " + bundle.getSymbolicName() + " " + bundle.getVersion() + " state " + bundle.getState());
        retireWaits.run();
        if (retireFails != null) {
            throw retireFails;
        }
        return new Handover() {
            @Override
            public List<String> functions() {
                return List.of("emulated/0000:01:00.1");
            }

            @Override
            public Map<String, String> restore() {
                calls.add("restore");
                return restores.get();
            }

            @Override
            public void close() {
                calls.add("close");
                if (closeFails != null) {
                    throw closeFails;
                }
            }
        };
    }

    @Override
    public void giveUp(long bundleId) {
        calls.add("give up " + context.getBundle(bundleId).getSymbolicName());
    }
}
