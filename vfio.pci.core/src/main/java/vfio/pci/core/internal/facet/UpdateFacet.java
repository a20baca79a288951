// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.facet;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.Exchanged;
import vfio.pci.core.admin.DriverUpdate;
import vfio.pci.core.internal.PciCore;
import vfio.pci.core.internal.assembly.Assembly;
import vfio.pci.core.internal.bind.Binder;
import vfio.pci.core.internal.policy.BundleUpdate;
import vfio.pci.core.internal.slot.FunctionSlot;

/** The facet by which functions go from one build of a driver's bundle to another while both are here. */
@Component
public final class UpdateFacet implements DriverUpdate {
    private final PciCore core;

    @Activate
    public UpdateFacet(@Reference PciCore core) {
        this.core = core;
    }

    @Override
    public Update stage(Set<Long> former, long next) {
        return new UnderWay(core.updates().begin(former, next));
    }

    private final class UnderWay implements Update {
        private final BundleUpdate update;
        private final UpdatePlan plan;

        private UnderWay(BundleUpdate update) {
            this.update = update;
            plan = new UpdatePlan(core, update);
        }

        @Override
        public List<Step> plan() {
            return plan.steps();
        }

        @Override
        public Moved move(String function) {
            FunctionSlot slot = core.functions().named(function);
            return exchanged(slot, () -> update.move(slot));
        }

        @Override
        public Moved back(String function) {
            FunctionSlot slot = core.functions().named(function);
            return exchanged(slot, () -> update.back(slot));
        }

        private Moved exchanged(FunctionSlot slot, Supplier<Optional<Assembly.Exchange>> act) {
            Binder.refuseInside(slot, "exchange the driver of");
            try {
                return slot.exclusively(() -> moved(slot, act.get()));
            } finally {
                core.matching().request(slot); // a policy may want another driver, or the function may have lost its own
            }
        }

        private static Moved moved(FunctionSlot slot, Optional<Assembly.Exchange> done) {
            String driver = slot.bound().driver().name();
            if (done.isEmpty()) {
                return new Moved(slot.name(), driver, "unchanged", Duration.ZERO, 0, 0);
            }
            Exchanged account = done.get().account();
            return new Moved(slot.name(), driver, done.get().way().text(), account.pause(), account.waited(),
                    account.bytes());
        }

        @Override
        public void serve(boolean atLastClose) {
            plan.refused().ifPresent(one -> {
                throw new VfioException(Errno.EINVAL, "serve by " + one.bundle() + ": a driver of it is refused: "
                        + one.reason());
            });
            if (update.drivers().findAny().isEmpty() && core.functions().all().stream().anyMatch(update::isToMove)) {
                throw new VfioException(Errno.ENODEV, "serve by bundle " + update.next()
                        + ": it has no driver for the functions that go over");
            }
            update.serve(atLastClose);
            core.matching().requestAll();
        }

        @Override
        public void withdraw() {
            update.withdraw();
            core.matching().requestAll();
        }

        @Override
        public Optional<String> illness() {
            return update.illness();
        }

        @Override
        public long operations(long enough) {
            return update.calls(enough);
        }

        @Override
        public void close() {
            core.updates().end(update);
            core.matching().requestAll();
        }
    }
}
