// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import java.util.Optional;
import java.util.Set;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.MemoryRegion;
import vfio.core.device.RegionOperations;
import vfio.hardware.emulated.Behaviour;
import vfio.hardware.emulated.FunctionDescription;
import vfio.hardware.emulated.InterruptWiring.Intx;
import vfio.hardware.emulated.ResetOutcome;
import vfio.hardware.emulated.Rom;
import vfio.hardware.emulated.model.DeviceModel;
import vfio.pci.core.bus.DmaAccess;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.id.PciAddress;
import vfio.pci.core.id.ResetMethod;

/** The hardware of an emulated function besides its configuration space; made when somebody first reaches for it. */
final class EmulatedHardware implements RawHardware {
    private final PciAddress address;
    private final FunctionDescription description;
    private final RawConfig config;
    private final FunctionMemory memory;
    private final FunctionActions function;
    private final Behaviour behaviour;
    private final Intx intx;
    private final EmulatedInterrupts interrupts;
    /** Null for a function of memory. */
    private final ModelSlot model;
    private final FunctionPort port;

    EmulatedHardware(PciAddress address, RawConfig config, FunctionMemory memory, DeviceModels models,
            FunctionActions function) {
        this.address = address;
        this.config = config;
        this.memory = memory;
        this.function = function;
        description = config.description();
        behaviour = description.behaviour();
        intx = behaviour.interrupts().intx() != null ? behaviour.interrupts().intx()
                : DeviceQuirks.intx(description.key().vendor(), description.key().device());
        interrupts = new EmulatedInterrupts(address, config, intx);
        port = new FunctionPort(address, config, interrupts);
        model = behaviour.model().isEmpty() ? null : new ModelSlot(behaviour.model(), models, port);
    }

    @Override
    public RegionOperations bar(int index) {
        Bar bar = description.bars().stream().filter(b -> b.index() == index).findFirst()
                .orElseThrow(() -> new VfioException(Errno.EINVAL, "reach BAR " + index + " of " + address
                        + ": it has " + description.bars()));
        return ofMemory(index) ? new MemoryRegion(memory.bar(bar)) : new ModelRegion(config, model, bar);
    }

    /** Tells whether a BAR is memory; the BARs of a model that is not installed are not. */
    boolean ofMemory(int index) {
        DeviceModel device = model == null ? null : model.current();
        return model == null || device != null && device.memory(index);
    }

    /** Returns the slot of the device model; empty for a function of memory. */
    Optional<ModelSlot> slot() {
        return Optional.ofNullable(model);
    }

    @Override
    public RegionOperations rom() {
        Rom rom = behaviour.rom();
        return rom == null || rom.length() == 0 ? null : new RomImage(rom);
    }

    @Override
    public long romSize() {
        return behaviour.rom() == null ? 0 : behaviour.rom().size();
    }

    @Override
    public boolean romShadowed() {
        return behaviour.rom() != null && behaviour.rom().shadowed();
    }

    @Override
    public RegionOperations vga() {
        return behaviour.vga() ? new MemoryRegion(memory.vga()) : null;
    }

    @Override
    public InterruptLines interrupts() {
        return interrupts;
    }

    /** Returns the interrupts with what only the function itself may do. */
    EmulatedInterrupts lines() {
        return interrupts;
    }

    /** Returns the way out of the function, as its device model has it. */
    FunctionPort port() {
        return port;
    }

    @Override
    public Quirks quirks() {
        return new Quirks(intx == Intx.UNUSABLE, intx == Intx.UNMASKABLE, behaviour.interrupts().connected(),
                behaviour.reset(ResetMethod.DEVICE_SPECIFIC) != ResetOutcome.ABSENT);
    }

    @Override
    public void resetDevice() {
        reset(ResetMethod.DEVICE_SPECIFIC, "a method of its own");
    }

    @Override
    public Set<ResetMethod> platformResets() {
        return behaviour.reset(ResetMethod.ACPI) == ResetOutcome.ABSENT ? Set.of() : Set.of(ResetMethod.ACPI);
    }

    @Override
    public void resetByPlatform(ResetMethod method) {
        reset(method, "its firmware");
    }

    private void reset(ResetMethod method, String by) {
        ResetOutcome outcome = platformResets().contains(method) || method == ResetMethod.DEVICE_SPECIFIC
                ? behaviour.reset(method) : ResetOutcome.ABSENT;
        String what = "reset " + address + " by " + by + ": ";
        if (outcome == ResetOutcome.ABSENT) {
            throw new VfioException(Errno.ENOTTY, what + "it has none");
        } else if (outcome == ResetOutcome.FAILS) {
            throw new VfioException(Errno.EIO, what + "it failed, and the function is as it was");
        }
        function.reset(method);
    }

    @Override
    public void resetBus() {
        function.resetBus();
    }

    @Override
    public boolean busResettable() {
        return function.busResettable();
    }

    @Override
    public Listener listener(Listener next) {
        return port.listener(next);
    }

    @Override
    public void dma(DmaAccess access) {
        port.dma(access);
    }

    /** Resets interrupts and the device model, after the function was reset. */
    void reset() {
        interrupts.reset();
        DeviceModel device = model == null ? null : model.made();
        if (device != null) {
            device.reset();
        }
    }

    /** Tells the device model of a power state, 0 for D0 to 3 for D3hot. */
    void powerState(int state) {
        DeviceModel device = model == null ? null : model.made();
        if (device != null) {
            device.powerState(state);
        }
    }
}
