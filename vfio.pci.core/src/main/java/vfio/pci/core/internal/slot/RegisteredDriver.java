// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.slot;

import java.time.Duration;
import java.util.function.Supplier;
import vfio.core.driver.DriverWorker;
import vfio.pci.core.alias.DriverIds;
import vfio.pci.core.internal.assembly.DriverService;
import vfio.pci.core.internal.assembly.DriverService.Declared;
import vfio.pci.core.internal.assembly.StateVersions;

/** A driver that a bundle has registered: its ids, its bundle, and the service by which the core calls it. */
public final class RegisteredDriver {
    private final DriverIds ids;
    private final BundleIdentity bundle;
    private final DriverService service;
    private volatile boolean gone;

    public RegisteredDriver(DriverIds ids, BundleIdentity bundle, StateVersions states, DriverService.Source source,
            DriverWorker worker, Supplier<Duration> limit) {
        this.ids = ids;
        this.bundle = bundle;
        service = new DriverService(ids.driver(), ids.vfio() ? Declared.VFIO : Declared.OWNER, states, source, worker,
                limit);
    }

    public String name() {
        return ids.driver();
    }

    /** Returns the ids as the bundle states them, without dynamic ids. */
    public DriverIds ids() {
        return ids;
    }

    public BundleIdentity bundle() {
        return bundle;
    }

    public DriverService service() {
        return service;
    }

    public DriverWorker worker() {
        return service.worker();
    }

    /** Notes that the driver's service was unregistered: a binding that is just being made must not stay. */
    void leave() {
        gone = true;
    }

    public boolean gone() {
        return gone;
    }

    @Override
    public String toString() {
        return name() + " of " + bundle;
    }
}
