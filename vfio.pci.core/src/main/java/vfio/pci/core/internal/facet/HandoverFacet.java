// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.facet;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vfio.core.Thrown;
import vfio.pci.core.admin.DriverHandover;
import vfio.pci.core.internal.PciCore;
import vfio.pci.core.internal.slot.FunctionSlot;

/** The facet that takes functions from a bundle before it stops, and gives them to the bundle that comes after it. */
@Component
public final class HandoverFacet implements DriverHandover {
    private final PciCore core;

    @Activate
    public HandoverFacet(@Reference PciCore core) {
        this.core = core;
    }

    @Override
    public Handover retire(long bundleId) {
        Map<FunctionSlot, String> taken = new LinkedHashMap<>();
        for (FunctionSlot slot : core.functions().all()) {
            if (!servedBy(slot, bundleId)) {
                continue; // read without the function's lock: a probe that takes long may hold it
            }
            slot.exclusively(() -> {
                if (servedBy(slot, bundleId)) {
                    slot.held(true);
                    taken.put(slot, slot.bound().driver().name());
                }
            });
        }
        Taken handover = new Taken(taken);
        try {
            core.departures().detachAll(List.copyOf(taken.keySet()), core.drain());
        } catch (Throwable e) { // also for a broken bus: nobody else would release the functions to matching again
            handover.close();
            throw e;
        }
        return handover;
    }

    @Override
    public void giveUp(long bundleId) {
        core.arrivals().giveUp(bundleId);
    }

    private static boolean servedBy(FunctionSlot slot, long bundleId) {
        FunctionSlot.Bound bound = slot.bound();
        return bound != null && bound.driver().bundle().id() == bundleId;
    }

    private final class Taken implements Handover {
        private final Map<FunctionSlot, String> taken;
        private boolean closed;

        private Taken(Map<FunctionSlot, String> taken) {
            this.taken = taken;
        }

        @Override
        public List<String> functions() {
            return taken.keySet().stream().map(FunctionSlot::name).toList();
        }

        @Override
        public Map<String, String> restore() {
            Map<String, String> failures = new LinkedHashMap<>();
            taken.forEach((slot, driver) -> {
                try {
                    slot.exclusively(() -> {
                        if (slot.bound() == null && !slot.removed()) {
                            core.binder().reattach(slot, driver);
                        }
                    });
                } catch (Throwable e) { // a failure, also of a broken bus, is this function's loss alone
                    if (!slot.removed()) { // else the function has left since, which no driver can help
                        failures.put(slot.name(), Thrown.text(e) + core.virtualFunctions().withoutPf(slot));
                    }
                }
            });
            return failures;
        }

        @Override
        public synchronized void close() {
            if (closed) {
                return; // a later handover may hold the same functions
            }
            closed = true;
            taken.keySet().forEach(slot -> {
                slot.held(false);
                core.matching().request(slot);
            });
        }
    }
}
