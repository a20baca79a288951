// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal.function;

import java.util.Optional;
import java.util.Set;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.MemoryRegion;
import vfio.core.device.RegionOperations;
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
        intx = description.interrupts().intx() != null ? description.interrupts().intx()
                : DeviceQuirks.intx(description.key().vendor(), description.key().device());
        interrupts = new EmulatedInterrupts(address, config, intx);
        port = new FunctionPort(address, config, interrupts);
        model = description.model().isEmpty() ? null : new ModelSlot(description.model(), models, port);
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
        return description.rom().filter(rom -> rom.length() != 0).map(RomImage::new).orElse(null);
    }

    @Override
    public long romSize() {
        return description.rom().map(Rom::size).orElse(0);
    }

    @Override
    public boolean romShadowed() {
        return description.rom().map(Rom::shadowed).orElse(false);
    }

    @Override
    public RegionOperations vga() {
        return description.vga() ? new MemoryRegion(memory.vga()) : null;
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
        return new Quirks(intx == Intx.UNUSABLE, intx == Intx.UNMASKABLE, description.interrupts().connected(),
                description.reset(ResetMethod.DEVICE_SPECIFIC) != ResetOutcome.ABSENT);
    }

    @Override
    public void resetDevice() {
        reset(ResetMethod.DEVICE_SPECIFIC, "a method of its own");
    }

    @Override
    public Set<ResetMethod> platformResets() {
        return description.reset(ResetMethod.ACPI) == ResetOutcome.ABSENT ? Set.of() : Set.of(ResetMethod.ACPI);
    }

    @Override
    public void resetByPlatform(ResetMethod method) {
        reset(method, "its firmware");
    }

    private void reset(ResetMethod method, String by) {
        ResetOutcome outcome = platformResets().contains(method) || method == ResetMethod.DEVICE_SPECIFIC
                ? description.reset(method) : ResetOutcome.ABSENT;
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
