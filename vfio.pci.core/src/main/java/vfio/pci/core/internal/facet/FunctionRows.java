// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.facet;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import vfio.core.device.MigratedBy;
import vfio.pci.core.admin.PciAdmin.BarRow;
import vfio.pci.core.admin.PciAdmin.DriverRow;
import vfio.pci.core.admin.PciAdmin.FunctionDetail;
import vfio.pci.core.admin.PciAdmin.FunctionRow;
import vfio.pci.core.admin.PciAdmin.HostRow;
import vfio.pci.core.bus.HostBinding.Former;
import vfio.pci.core.bus.HostBinding;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.internal.slot.DriverRegistry;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.Guards;
import vfio.pci.core.internal.slot.OverrideOrigin;
import vfio.pci.core.internal.slot.RegisteredDriver;

/** The conversion of the core's objects into values for an operator's face. */
final class FunctionRows {
    private FunctionRows() {
    }

    /**
     * Returns the rows of functions. Equal texts are shared, so that the rows of very many functions take little more than
     * references.
     */
    static List<FunctionRow> functions(List<FunctionSlot> slots) {
        Map<String, String> texts = new HashMap<>();
        UnaryOperator<String> shared = text -> texts.computeIfAbsent(text, same -> same);
        return slots.stream().map(slot -> function(slot, shared)).toList();
    }

    private static FunctionRow function(FunctionSlot slot, UnaryOperator<String> shared) {
        PciFunction function = slot.function();
        DeviceKey key = function.key();
        HexFormat hex = HexFormat.of();
        Bound bound = slot.bound();
        String override = slot.override();
        OverrideOrigin origin = slot.origin();
        String onHost = function.host().map(PciFunction.Host::override).orElse(null);
        return new FunctionRow(slot.bus().name(), slot.address(), shared.apply(hex.toHexDigits((short) key.vendor())),
                shared.apply(hex.toHexDigits((short) key.device())), shared.apply(hex.toHexDigits((short) key.subvendor())),
                shared.apply(hex.toHexDigits((short) key.subdevice())), shared.apply(hex.toHexDigits(key.classCode(), 6)),
                function.host().map(PciFunction.Host::driver).orElse(null), bound == null ? null : bound.driver().name(),
                override == null ? onHost : override, owner(origin, override == null && onHost != null),
                shared.apply(slot.policy().toString()), slot.unmet(), integer(function.iommuGroup()),
                List.copyOf(function.warnings()));
    }

    private static String owner(OverrideOrigin origin, boolean host) {
        return origin != null ? origin.owner() : host ? "host" : null;
    }

    static FunctionDetail detail(FunctionSlot slot, DriverRegistry.Snapshot drivers) {
        PciFunction function = slot.function();
        Bound bound = slot.bound();
        return new FunctionDetail(listened(slot), function.key().toString(), function.revision(),
                headerType(function.headerType()), function.config().size(),
                function.bars().stream().map(FunctionRows::bar).toList(), integer(function.numaNode()),
                function.physicalFunction().map(PciAddress::toString).orElse(null),
                function.virtualFunctions().stream().map(PciAddress::toString).toList(),
                function.host().map(PciFunction.Host::vfioDrivers).orElse(List.of()).stream().map(FunctionRows::hostDriver)
                        .toList(),
                host(function), meant(slot.override(), drivers),
                bound == null || bound.vfio() == null ? List.of() : bound.vfio().users(),
                failures(slot), CandidateRows.of(slot, drivers), migration(slot));
    }

    /**
     * Returns a function's row, with a warning where the function does not answer. A plain row reads nothing of the function,
     * since a read would wake the function.
     */
    private static FunctionRow listened(FunctionSlot slot) {
        FunctionRow row = function(slot, UnaryOperator.identity());
        return Guards.noAnswer(slot).map(refusal -> row.warned(refusal.why())).orElse(row);
    }

    /**
     * Returns who migrates the function, and why; null where no VFIO driver is bound or nobody has it open, since it is not
     * known then.
     */
    private static String migration(FunctionSlot slot) {
        Bound bound = slot.bound();
        MigratedBy by = bound == null || bound.vfio() == null ? null : bound.vfio().migratedBy().orElse(null);
        if (by == null) {
            return null;
        }
        String ours = "driver " + bound.driver().name();
        String host = slot.function().host().map(PciFunction.Host::driver).map(" "::concat).orElse("");
        boolean onHost = slot.raw().isEmpty();
        return switch (by) {
            case OTHER_SIDE -> "by the host's driver" + host + ": its device answers MIGRATION, and " + ours
                    + " adds nothing";
            case DRIVER -> "by " + ours + (onHost ? ": the host's driver" + host + " has none" : "");
            case NOBODY -> onHost ? "none: neither the host's driver" + host + " nor " + ours + " has it"
                    : "none: " + ours + " has none";
        };
    }

    private static HostRow host(PciFunction function) {
        Optional<HostBinding> binding = function.hostBinding();
        Optional<Former> former = binding.flatMap(HostBinding::former);
        return function.host().map(host -> new HostRow(vfioModule(host), host.override(),
                binding.isEmpty() ? null : former.isPresent(), former.map(Former::driver).orElse(null),
                former.map(Former::override).orElse(null))).orElse(null);
    }

    private static String vfioModule(PciFunction.Host host) {
        return host.vfioDrivers().stream().filter(each -> each.driver() != null && each.driver().equals(host.driver()))
                .map(PciFunction.KernelDriver::module).findFirst().orElse(null);
    }

    private static String headerType(int type) {
        return switch (type) {
            case 0 -> "function";
            case 1 -> "PCI bridge";
            case 2 -> "CardBus bridge";
            default -> "unknown (" + type + ")";
        };
    }

    private static BarRow bar(PciFunction.Bar bar) {
        String kind = bar.io() ? "I/O" : (bar.wide() ? "64-bit" : "32-bit") + " memory"
                + (bar.prefetchable() ? ", prefetchable" : "");
        return new BarRow(bar.index(), bar.size(), kind);
    }

    private static String hostDriver(PciFunction.KernelDriver driver) {
        return driver.module() + (driver.driver() == null ? "" : " (" + driver.driver() + ")");
    }

    private static Integer integer(OptionalInt value) {
        return value.isPresent() ? value.getAsInt() : null;
    }

    /**
     * Returns the name of the driver whose module or ops name the override is; null where the override is a driver's name, or
     * means no driver.
     */
    private static String meant(String override, DriverRegistry.Snapshot drivers) {
        return override == null ? null : drivers.meant(override).map(RegisteredDriver::name)
                .filter(name -> !name.equals(override)).orElse(null);
    }

    private static List<String> failures(FunctionSlot slot) {
        List<String> lines = new ArrayList<>();
        for (Map.Entry<RegisteredDriver, FunctionSlot.Failure> failure : slot.failures().entrySet()) {
            lines.add(failure.getKey() + ": " + failure.getValue().count() + " of " + FunctionSlot.FAILURES + ", "
                    + failure.getValue().reason());
        }
        return lines;
    }

    static DriverRow driver(RegisteredDriver driver, DriverRegistry.Snapshot drivers, List<String> dynamic, int bound) {
        RegisteredDriver serving = drivers.driver(driver.name());
        String fault = driver.worker().fault().orElse(null);
        String withheld = drivers.withheld().get(driver);
        boolean shadowed = driver != serving;
        String state = fault != null ? "faulty" : withheld != null ? "withheld" : shadowed ? "shadowed" : "ready";
        String reason = fault != null ? fault : withheld != null ? withheld
                : shadowed ? "its name is served by " + serving.bundle() : null;
        return new DriverRow(driver.name(), driver.ids().module(), driver.ids().ops(), driver.ids().vfio(),
                driver.bundle().toString(), driver.bundle().id(), state, reason, driver.ids().table().size(), dynamic.size(),
                bound, dynamic);
    }
}
