// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.facet;

import java.util.List;
import java.util.Optional;
import vfio.core.Thrown;
import vfio.core.VfioException;
import vfio.pci.core.admin.DriverUpdate.Step;
import vfio.pci.core.internal.PciCore;
import vfio.pci.core.internal.assembly.Way;
import vfio.pci.core.internal.policy.BundleUpdate;
import vfio.pci.core.internal.policy.DriverArrivals.Refused;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.slot.RegisteredDriver;

/** The plan of an update: the way of each function that is still to move, from what is declared and seen without a driver. */
final class UpdatePlan {
    private final PciCore core;
    private final BundleUpdate update;

    UpdatePlan(PciCore core, BundleUpdate update) {
        this.core = core;
        this.update = update;
    }

    List<Step> steps() {
        return core.functions().all().stream().map(this::step).flatMap(Optional::stream).toList();
    }

    private Optional<Step> step(FunctionSlot slot) {
        Bound bound = slot.bound();
        if (bound == null || !update.isToMove(slot)) {
            return Optional.empty();
        }
        String name = bound.driver().name();
        Optional<RegisteredDriver> next = update.driver(name);
        Way way = next.map(to -> bound.assembly().way(to.service())).orElse(Way.CLOSE);
        String obstacle = next.isEmpty() ? missing(name) : obstacle(slot, bound, next.get(), way);
        return Optional.of(new Step(slot.name(), name, way.text(), bound.vfio() == null ? List.of() : bound.vfio().users(),
                obstacle));
    }

    private String missing(String name) {
        return "the next build has no driver " + name
                + refused().map(one -> "; one of it is refused: " + one.reason()).orElse("");
    }

    /** Returns a driver of the next build whose properties cannot be used. */
    Optional<Refused> refused() {
        return core.arrivals().refused().stream().filter(one -> one.bundle().id() == update.next()).findFirst();
    }

    private String obstacle(FunctionSlot slot, Bound bound, RegisteredDriver next, Way way) {
        try {
            core.exchange().ready(slot, next);
        } catch (VfioException e) {
            return e.sentence();
        } catch (RuntimeException e) { // a broken bus may throw anything: the plan of the others goes on
            return Thrown.text(e);
        }
        return bound.assembly().obstacle().orElseGet(() -> way != Way.CLOSE ? null
                : bound.driver().service().states().noneInCommon(next.service().states()));
    }
}
