// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.bind;

import static vfio.pci.core.id.PciRegisters.EXT_CAP_ID_SRIOV;
import static vfio.pci.core.id.PciRegisters.SRIOV_TOTAL_VF;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Function;
import vfio.core.Errno;
import vfio.core.EventLog;
import vfio.core.VfioException.Kind;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.internal.config.RawCapabilities;
import vfio.pci.core.internal.function.FunctionSettings;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.Functions;
import vfio.pci.core.internal.slot.Guards;
import vfio.pci.core.internal.slot.OverrideOrigin;

/**
 * The VFs of PFs that VFIO drivers have (vfio_pci_core_sriov_configure, vfio_pci_core.c). A VF gets its PF's driver, unless
 * an operator says otherwise.
 */
public final class VirtualFunctions {
    private final Functions functions;
    private final EventLog events;
    private final Function<String, FunctionSettings> settings;

    VirtualFunctions(Functions functions, Function<String, FunctionSettings> settings, EventLog events) {
        this.functions = functions;
        this.settings = settings;
        this.events = events;
    }

    /** Returns how many VFs a function can have (TotalVFs of its SR-IOV capability); empty where it is no PF. */
    static OptionalInt total(PciFunction function) {
        OptionalInt capability = function.physicalFunction().isPresent() ? OptionalInt.empty()
                : new RawCapabilities(function.config()).extended(EXT_CAP_ID_SRIOV);
        return capability.isEmpty() ? capability
                : OptionalInt.of(function.config().read(capability.getAsInt() + SRIOV_TOTAL_VF, 2));
    }

    /**
     * Makes VFs appear, or takes them away, as {@code sriov_numvfs}. The host's driver makes the VFs of a PF that the host
     * has not given to VFIO. VFs of a PF without a driver can be taken away: no driver is left that could do it.
     *
     * @param release detaches functions on the orderly road, before they vanish
     * @return how many VFs there are then
     * @throws VfioException ENOTTY where the function is no PF; ERANGE above TotalVFs; ENOENT where no VFIO driver has the
     *     PF, or the driver's setting {@code enableSriov} is off; EINVAL where VFs are there already; else what its bus
     *     answered
     */
    public int configure(FunctionSlot slot, int count, Consumer<List<FunctionSlot>> release) {
        String act = "set " + count + " VFs of " + slot.name() + ": ";
        if (slot.raw().isEmpty() && !Guards.given(slot)) {
            slot.function().enableVirtualFunctions(count); // the host's driver makes them
            events.record("vfs", slot.name(), count + " VFs, by its host's driver");
            return count;
        }
        requireRoom(slot, act, count);
        if (count > 0 || !takenAway(slot, release)) {
            byDriver(slot, count, act, release);
        }
        events.record("vfs", slot.name(), count + " VFs");
        return count;
    }

    /** Takes away the VFs of a PF that has no driver; returns false where the PF has one. */
    private boolean takenAway(FunctionSlot slot, Consumer<List<FunctionSlot>> release) {
        return slot.exclusively(() -> {
            if (slot.bound() != null) {
                return false;
            }
            release.accept(present(slot));
            remove(slot.function());
            return true;
        });
    }

    private void byDriver(FunctionSlot slot, int count, String act, Consumer<List<FunctionSlot>> release) {
        Bound bound = slot.bound();
        if (bound == null || bound.vfio() == null) {
            throw new VfioException(Kind.NOT_BOUND, Errno.ENOENT, act + (bound == null
                    ? "no VFIO driver has it; bind one first"
                    : "driver " + bound.driver().name() + " uses it itself, and makes its VFs; unbind it first"));
        }
        String driver = bound.driver().name();
        if (!settings.apply(driver).enableSriov()) {
            throw new VfioException(Errno.ENOENT, act + "driver " + driver + " does not do that; set enableSriov of PID "
                    + "vfio.pci.driver~" + driver);
        }
        if (count == 0) {
            release.accept(present(slot));
        }
        bound.backend().configureVirtualFunctions(count);
        Bound now = slot.bound();
        if (now == null || now.assembly() != bound.assembly()) { // an unbind since then may have missed the new VFs
            remove(slot.function());
            throw new VfioException(Errno.ENODEV, act + "its driver was unbound meanwhile; bind it again first");
        }
    }

    /** Returns the VFs of a PF that the bus has announced. */
    private List<FunctionSlot> present(FunctionSlot pf) {
        return pf.function().virtualFunctions().stream().map(address -> functions.at(pf.bus(), address))
                .filter(Objects::nonNull).toList();
    }

    /** Returns a clause for the end of a sentence about a VF whose PF has no driver; empty for any other function. */
    public String withoutPf(FunctionSlot slot) {
        return slot.function().physicalFunction().map(pf -> functions.at(slot.bus(), pf)).filter(pf -> pf.bound() == null)
                .map(pf -> "; its PF " + pf.address() + " has no driver").orElse("");
    }

    /**
     * Refuses a count that the function cannot have. This check comes before those of the driver: binding another driver
     * would not help.
     */
    private static void requireRoom(FunctionSlot slot, String act, int count) {
        int total = total(slot.function()).orElseThrow(() -> new VfioException(Errno.ENOTTY,
                act + "it is no PF: it has no SR-IOV capability"));
        if (count < 0 || count > total) {
            throw new VfioException(Errno.ERANGE, act + "it has 0 to " + total);
        }
    }

    /** Takes away the VFs of a PF whose driver lets go of it. */
    static void remove(PciFunction pf) {
        if (!pf.virtualFunctions().isEmpty()) {
            pf.enableVirtualFunctions(0);
        }
    }

    /** Sets a new VF's override to its PF's driver, where that is a VFIO driver. */
    public void added(FunctionSlot slot) {
        driverOfPf(slot).ifPresent(driver -> {
            slot.override(driver, OverrideOrigin.POLICY);
            events.record("override", slot.name(), driver + ", the driver of its PF");
        });
    }

    /** Returns the driver of a VF's PF, where that is a VFIO driver. */
    private Optional<String> driverOfPf(FunctionSlot slot) {
        return slot.function().physicalFunction().map(pf -> functions.at(slot.bus(), pf)).map(FunctionSlot::bound)
                .filter(bound -> bound.vfio() != null).map(bound -> bound.driver().name());
    }

    /**
     * Records event {@code vf-driver} where a driver was bound to a VF whose PF has another VFIO driver, which the PF's users
     * may not expect.
     */
    void bound(FunctionSlot slot, String driver) {
        driverOfPf(slot).filter(pf -> !pf.equals(driver)).ifPresent(pf -> events.record("vf-driver", slot.name(),
                driver + " has it, and " + pf + " its PF"));
    }
}
