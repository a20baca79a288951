// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import static vfio.pci.core.id.PciRegisters.HEADER_TYPE;
import static vfio.pci.core.id.PciRegisters.HEADER_TYPE_MASK;
import static vfio.pci.core.id.PciRegisters.STD_HEADER_SIZEOF;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import vfio.core.VfioException;
import vfio.hardware.linux.binding.HostSide;
import vfio.hardware.linux.binding.HostTakeover;
import vfio.hardware.linux.binding.VirtualFunctionSwitch;
import vfio.hardware.linux.device.HostDevices;
import vfio.hardware.linux.guard.GuardedFunction;
import vfio.hardware.linux.sysfs.SysfsDirectory;
import vfio.pci.core.bus.HostBinding;
import vfio.pci.core.bus.HostFunction;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;

/**
 * A PCI function of this host. Its ids are read once, by the scan that finds it; everything else is read when it is asked
 * for, so that the answer is true at that moment and a host with thousands of functions is listed quickly.
 */
public final class LinuxFunction implements PciFunction {
    private static final Consumer<String> QUIET = warning -> { };
    private static final int NO_TYPE = HEADER_TYPE_MASK; // all ones: it does not answer
    private static final int MOST_VFS = 0xffff;
    private static final String NO_OVERRIDE = "(null)"; // what printf makes of the kernel's null pointer

    private final PciAddress address;
    private final SysfsDirectory directory;
    private final KernelDrivers kernelDrivers;
    private final HostDevices vfio;
    private final HostSide side;
    private final DeviceKey key;
    private final List<String> keyWarnings = new ArrayList<>();

    /** Reads the ids; an id that cannot be read is 0, with a warning. */
    public LinuxFunction(PciAddress address, SysfsDirectory directory, KernelDrivers kernelDrivers, HostDevices vfio,
            HostSide side) {
        this.address = address;
        this.directory = directory;
        this.kernelDrivers = kernelDrivers;
        this.vfio = vfio;
        this.side = side;
        Consumer<String> warnings = keyWarnings::add;
        key = new DeviceKey(directory.hex("vendor", 16, warnings), directory.hex("device", 16, warnings),
                directory.hex("subsystem_vendor", 16, warnings), directory.hex("subsystem_device", 16, warnings),
                directory.hex("class", 24, warnings));
    }

    @Override
    public PciAddress address() {
        return address;
    }

    @Override
    public DeviceKey key() {
        return key;
    }

    @Override
    public int revision() {
        return directory.hex("revision", 8, QUIET);
    }

    @Override
    public int headerType() {
        try {
            int type = config().read(HEADER_TYPE, 1) & HEADER_TYPE_MASK;
            return type == NO_TYPE ? key.headerType() : type;
        } catch (VfioException e) {
            return key.headerType();
        }
    }

    @Override
    public ConfigSpace config() {
        return new SysfsConfig(address, directory);
    }

    @Override
    public List<Bar> bars() {
        return bars(QUIET);
    }

    private List<Bar> bars(Consumer<String> warnings) {
        return directory.text("resource", warnings).map(text -> ResourceTable.parse(text, warnings)).orElse(List.of());
    }

    @Override
    public HostFunction side() {
        return token -> vfio.open(directory.path(), address + token.map(uuid -> " vf_token=" + uuid).orElse(""));
    }

    @Override
    public OptionalInt iommuGroup() {
        return number(directory.linkedNumber("iommu_group", QUIET));
    }

    @Override
    public OptionalInt numaNode() {
        return number(directory.optionalNumber("numa_node", QUIET));
    }

    /** Returns the number, or empty for the kernel's -1. */
    private static OptionalInt number(Optional<Integer> value) {
        return value.filter(n -> n >= 0).map(OptionalInt::of).orElse(OptionalInt.empty());
    }

    @Override
    public Optional<PciAddress> physicalFunction() {
        return linked("physfn", QUIET);
    }

    @Override
    public List<PciAddress> virtualFunctions() {
        return virtualFunctions(QUIET);
    }

    /** Returns the functions of the links {@code virtfnN}, which the kernel numbers without gaps. */
    private List<PciAddress> virtualFunctions(Consumer<String> warnings) {
        List<PciAddress> functions = new ArrayList<>();
        for (int i = 0; i < MOST_VFS && directory.link("virtfn" + i, QUIET).isPresent(); i++) {
            linked("virtfn" + i, warnings).ifPresent(functions::add);
        }
        return functions;
    }

    private Optional<PciAddress> linked(String name, Consumer<String> warnings) {
        return directory.link(name, warnings).flatMap(target -> {
            try {
                return Optional.of(PciAddress.parse(target));
            } catch (IllegalArgumentException e) {
                warnings.accept("link " + name + " leads to no function: " + e.getMessage());
                return Optional.empty();
            }
        });
    }

    @Override
    public boolean driversAutoprobe() {
        return directory.optionalNumber("sriov_drivers_autoprobe", QUIET).map(n -> n != 0).orElse(true);
    }

    @Override
    public Optional<Host> host() {
        String driver = directory.link("driver", QUIET).orElse(null);
        return Optional.of(new Host(driver, override(QUIET), kernelDrivers.matching(key, driver, directory)));
    }

    @Override
    public Optional<HostBinding> hostBinding() {
        return side.taken() == null ? Optional.empty() : Optional.of(new HostTakeover(guarded(), key, side));
    }

    private GuardedFunction guarded() {
        return new GuardedFunction(address, directory);
    }

    @Override
    public void enableVirtualFunctions(int count) {
        new VirtualFunctionSwitch(guarded(), side).set(count, virtualFunctions());
    }

    /** Returns the override; while the kernel waits in a change of the driver, null: reading would wait for the same lock. */
    private String override(Consumer<String> warnings) {
        Optional<String> waiting = side.outside().waiting(address);
        if (waiting.isPresent()) {
            warnings.accept("driver_override is not read now: " + waiting.get());
            return null;
        }
        return directory.line("driver_override", warnings).filter(text -> !text.equals(NO_OVERRIDE) && !text.isEmpty())
                .orElse(null);
    }

    /** Looks at everything but the contents of config space, since reading them wakes a sleeping function. */
    @Override
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>(keyWarnings);
        Consumer<String> sink = warnings::add;
        directory.hex("revision", 8, sink);
        directory.line("modalias", sink).filter(text -> !text.equals(key.toString())).ifPresent(
                text -> sink.accept("modalias is '" + text + "', but the ids make " + key));
        override(sink);
        directory.link("driver", sink);
        directory.linkedNumber("iommu_group", sink);
        directory.optionalNumber("numa_node", sink);
        directory.optionalNumber("sriov_drivers_autoprobe", sink);
        linked("physfn", sink);
        virtualFunctions(sink);
        bars(sink);
        int before = warnings.size();
        long size = directory.size("config", sink);
        if (size < STD_HEADER_SIZEOF && warnings.size() == before) {
            sink.accept("config has " + size + " bytes, a header has " + STD_HEADER_SIZEOF);
        }
        if (directory.identity().isEmpty()) {
            return List.of("the function is gone");
        }
        return warnings;
    }
}
