// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.FunctionSpec;
import vfio.hardware.emulated.ResetOutcome;
import vfio.hardware.emulated.model.DeviceModelFactory;
import vfio.hardware.emulated.model.ModelPort;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.id.DeviceKey;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.id.ResetMethod;

/** A function that is plugged in; it keeps little but its place and its description until somebody touches it. */
public final class EmulatedFunction implements PciFunction, FunctionActions {
    private static final int NONE = -1;

    private final FunctionBus bus;
    private final PciAddress address;
    private final FunctionDescription description;
    private final int group;
    private final int numa;
    private final PciAddress physicalFunction;
    private final RawConfig config;
    private final FunctionMemory memory;
    private volatile List<PciAddress> virtualFunctions = List.of();
    private volatile boolean driversAutoprobe = true;
    /** Null before the first use. */
    private volatile EmulatedHardware hardware;

    /** Makes a function at the place and of the description in {@code spec}, in an IOMMU group. */
    public EmulatedFunction(FunctionBus bus, FunctionSpec spec, int group) {
        this(bus, spec.address(), spec.description(), group, spec.numa().orElse(NONE), null);
    }

    private EmulatedFunction(FunctionBus bus, PciAddress address, FunctionDescription description, int group, int numa,
            PciAddress pf) {
        this.bus = bus;
        this.address = address;
        this.description = description;
        this.group = group;
        this.numa = numa;
        physicalFunction = pf;
        config = new RawConfig(description, address, this);
        memory = new FunctionMemory(address, config, bus.memory());
    }

    /** Makes a VF of this PF. */
    public EmulatedFunction virtualFunction(PciAddress place, int itsGroup) {
        return new EmulatedFunction(bus, place, description.virtualFunction().orElseThrow(), itsGroup, numa, address);
    }

    /** Returns what the function is, wherever it is plugged in. */
    public FunctionDescription description() {
        return description;
    }

    /** Returns the number of its IOMMU group. */
    public int group() {
        return group;
    }

    /** Tells whether it is a VF. */
    public boolean isVirtual() {
        return physicalFunction != null;
    }

    /** Tells whether it is a PF. */
    public boolean hasSriov() {
        return description.virtualFunction().isPresent();
    }

    /** Sets the places of the VFs that are enabled. */
    public void virtualFunctions(List<PciAddress> addresses) {
        virtualFunctions = addresses;
    }

    /** Sets {@code sriov_drivers_autoprobe}. */
    public void driversAutoprobe(boolean autoprobe) {
        driversAutoprobe = autoprobe;
    }

    /** Returns NumVFs where VF Enable is set, else 0. */
    public int enabledVfs() {
        return config.enabledVfs();
    }

    /** Sets NumVFs and VF Enable as the hardware ends up; 0 leaves NumVFs at 0 and VF Enable clear. */
    public void enabledVfs(int count) {
        config.enabledVfs(count);
    }

    /** Sets the bit of a multi-function device in the header type. */
    public void multiFunction() {
        config.multiFunction();
    }

    /** Returns the way out of the function, as its device model has it. */
    public ModelPort port() {
        return hardware().port();
    }

    /** Makes it answer as an unplugged card from now on; mapped memory stays readable until unreachable. */
    public synchronized void unplug() {
        config.unplug();
        memory.close();
        if (hardware != null) {
            hardware.lines().cut();
            // On a thread without locks: the model may be another bundle's.
            hardware.slot().ifPresent(slot -> InterruptThread.run(slot::close));
        }
    }

    @Override
    public PciAddress address() {
        return address;
    }

    @Override
    public DeviceKey key() {
        return description.key();
    }

    @Override
    public int revision() {
        return description.revision();
    }

    @Override
    public int headerType() {
        return config.headerType();
    }

    @Override
    public ConfigSpace config() {
        return config;
    }

    @Override
    public List<Bar> bars() {
        return description.bars();
    }

    /**
     * Returns the memory behind a BAR, made at first use.
     *
     * @throws VfioException EINVAL where there is no such memory BAR; ENODEV where the function is unplugged
     */
    public SharedMemory barMemory(int bar) {
        Bar row = bars().stream().filter(b -> b.index() == bar && !b.io() && hardware().ofMemory(bar)).findFirst()
                .orElseThrow(() -> new VfioException(Errno.EINVAL, "map BAR " + bar + " of " + address
                        + ": no memory BAR of this index; it has " + bars()));
        return memory.plugged(row);
    }

    @Override
    public RawHardware side() {
        return hardware();
    }

    private EmulatedHardware hardware() {
        EmulatedHardware made = hardware;
        return made == null ? makeHardware() : made;
    }

    private synchronized EmulatedHardware makeHardware() {
        if (hardware == null) {
            hardware = new EmulatedHardware(address, config, memory, bus.models(), this);
        }
        return hardware;
    }

    @Override
    public void enableVirtualFunctions(int count) {
        if (!hasSriov()) {
            throw new VfioException(Errno.ENOTTY, "enable " + count + " VFs of " + address
                    + ": it has no SR-IOV capability");
        }
        bus.enableVirtualFunctions(address, count);
    }

    @Override
    public void reset(ResetMethod method) {
        reset(method, description.reset(method));
    }

    /** Resets it with an outcome: where the reset works all is as after power-on, and the VFs of a PF go. */
    public void reset(ResetMethod method, ResetOutcome outcome) {
        if (outcome == ResetOutcome.HANGS) {
            config.fallSilent();
        } else if (outcome == ResetOutcome.WORKS) {
            config.reset(method == ResetMethod.FLR || method == ResetMethod.AF_FLR);
            memory.clear();
            EmulatedHardware touched = hardware;
            if (touched != null) {
                touched.reset();
            }
            if (hasSriov()) {
                virtualFunctionsSwitched();
            }
        }
    }

    @Override
    public void resetBelow() {
        bus.resetBelow(this);
    }

    @Override
    public void resetBus() {
        bus.resetBus(this);
    }

    @Override
    public boolean busResettable() {
        return bus.busResettable(this);
    }

    @Override
    public void virtualFunctionsSwitched() {
        bus.virtualFunctionsSwitched(this);
    }

    @Override
    public void powerState(int state) {
        EmulatedHardware touched = hardware;
        if (touched != null) {
            touched.powerState(state);
        }
    }

    /** Ends the device model that a factory made; the factory has gone. */
    public void modelGone(DeviceModelFactory factory) {
        EmulatedHardware touched = hardware;
        if (touched != null) {
            touched.slot().ifPresent(slot -> slot.drop(factory));
        }
    }

    /** Delivers, on a thread of its own as from a card, what a write may have unmasked. */
    @Override
    public void interruptsLetOut() {
        EmulatedHardware touched = hardware;
        if (touched != null && touched.lines().pending()) {
            InterruptThread.run(touched.lines()::letOut);
        }
    }

    @Override
    public OptionalInt iommuGroup() {
        return OptionalInt.of(group);
    }

    @Override
    public OptionalInt numaNode() {
        return numa == NONE ? OptionalInt.empty() : OptionalInt.of(numa);
    }

    @Override
    public Optional<PciAddress> physicalFunction() {
        return Optional.ofNullable(physicalFunction);
    }

    @Override
    public List<PciAddress> virtualFunctions() {
        return virtualFunctions;
    }

    @Override
    public boolean driversAutoprobe() {
        return driversAutoprobe;
    }

    @Override
    public List<String> warnings() {
        String name = description.model();
        return name.isEmpty() || bus.models().factory(name) != null ? List.of()
                : List.of("no device model '" + name + "' is installed: the registers read all ones");
    }

    @Override
    public String toString() {
        return address + " " + description.key();
    }
}
