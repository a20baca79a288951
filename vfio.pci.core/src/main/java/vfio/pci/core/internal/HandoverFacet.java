// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vfio.core.VfioException;
import vfio.pci.core.admin.DriverHandover;

/** Takes functions from a bundle before it stops, and gives them to what comes after it. */
@Component
public final class HandoverFacet implements DriverHandover {
    private final PciCore core;

    @Activate
    public HandoverFacet(@Reference PciCore core) {
        this.core = core;
    }

    @Override
    public Duration drain() {
        return core.drain();
    }

    @Override
    public Handover retire(long bundleId) {
        Map<FunctionSlot, String> taken = new LinkedHashMap<>();
        for (FunctionSlot slot : core.functions().all()) {
            slot.lock.lock();
            try {
                FunctionSlot.Bound bound = slot.bound();
                if (bound != null && bound.driver().bundle().id() == bundleId) {
                    slot.held(true);
                    taken.put(slot, bound.driver().name());
                }
            } finally {
                slot.lock.unlock();
            }
        }
        core.matching().detachAll(List.copyOf(taken.keySet()), core.drain());
        return new Taken(taken);
    }

    private final class Taken implements Handover {
        private final Map<FunctionSlot, String> taken;

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
                slot.lock.lock();
                try {
                    if (slot.bound() == null && !slot.removed()) {
                        core.binder().attach(slot, driver);
                    }
                } catch (VfioException e) {
                    failures.put(slot.name(), e.getMessage());
                } finally {
                    slot.lock.unlock();
                }
            });
            return failures;
        }

        @Override
        public void close() {
            taken.keySet().forEach(slot -> {
                slot.held(false);
                core.matching().request(slot);
            });
        }
    }
}
