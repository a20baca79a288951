// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.policy;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import vfio.core.VfioException;
import vfio.pci.core.internal.bind.DriverExchange;
import vfio.pci.core.internal.slot.DriverRegistry;
import vfio.pci.core.internal.slot.FunctionSlot;

/** The updates of drivers' bundles that are under way. */
public final class BundleUpdates {
    private final DriverRegistry registry;
    private final DriverExchange exchange;
    private final List<BundleUpdate> underWay = new CopyOnWriteArrayList<>();

    public BundleUpdates(DriverRegistry registry, DriverExchange exchange) {
        this.registry = registry;
        this.exchange = exchange;
    }

    /** @throws VfioException EBUSY where an update of one of the bundles is under way */
    public BundleUpdate begin(Set<Long> former, long next) {
        BundleUpdate update = new BundleUpdate(former, next, registry, exchange);
        underWay.add(update);
        return update;
    }

    public void end(BundleUpdate update) {
        update.end();
        underWay.remove(update);
    }

    /**
     * Exchanges the driver of a function that nobody has open, where an update waits for that; with the function's lock held.
     *
     * @return what was done, a clause each
     */
    List<String> follow(FunctionSlot slot) {
        Optional<BundleUpdate> update = underWay.stream().filter(one -> one.follows(slot)).findFirst();
        if (update.isEmpty()) {
            return List.of();
        }
        try {
            update.get().move(slot);
            return List.of("exchanged for " + slot.bound().driver());
        } catch (VfioException e) {
            return List.of(e.getMessage()); // each failure is recorded as an event already
        }
    }
}
