// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import java.util.Optional;
import java.util.Set;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.MemoryRegion;
import vfio.core.device.RegionOperations;
import vfio.hardware.emulated.Behaviour;
import vfio.hardware.emulated.InterruptWiring.Intx;
import vfio.hardware.emulated.ResetOutcome;
import vfio.hardware.emulated.Rom;
import vfio.hardware.emulated.model.DeviceModel;
import vfio.pci.core.bus.DmaAccess;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.PciFunction.Bar;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.id.ResetMethod;

/** What an emulated function is besides its configuration space; made when somebody first reaches for it. */
final class EmulatedHardware implements RawHardware {
    private static final int COMMAND = 0x04;
    private static final int BUS_MASTER = 1 << 2;

    private final EmulatedFunction function;
    private final Behaviour behaviour;
    private final Intx intx;
    private final EmulatedInterrupts interrupts;
    /** Null for a function of memory. */
    private final ModelSlot model;
    private volatile Listener listener;
    private volatile DmaAccess memory;

    EmulatedHardware(EmulatedFunction function) {
        this.function = function;
        behaviour = function.model().behaviour();
        intx = behaviour.interrupts().intx() != null ? behaviour.interrupts().intx()
                : DeviceQuirks.intx(function.key().vendor(), function.key().device());
        interrupts = new EmulatedInterrupts(function, intx);
        model = behaviour.model().isEmpty() ? null
                : new ModelSlot(behaviour.model(), function.bus().models(), new FunctionPort(function, this));
    }

    EmulatedFunction function() {
        return function;
    }

    @Override
    public RegionOperations bar(int index) {
        Bar bar = function.bars().stream().filter(b -> b.index() == index).findFirst()
                .orElseThrow(() -> new VfioException(Errno.EINVAL, "reach BAR " + index + " of " + function.address()
                        + ": it has " + function.bars()));
        return ofMemory(index) ? new MemoryRegion(function.memory(bar)) : new ModelRegion(this, bar);
    }

    /** Whether a BAR is memory; those of a model that is not there are not. */
    boolean ofMemory(int index) {
        DeviceModel device = device();
        return model == null || device != null && device.memory(index);
    }

    /** The model behind the registers, or null where there is none now. */
    DeviceModel device() {
        return model == null ? null : model.current();
    }

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
        return behaviour.vga() ? new MemoryRegion(function.vgaMemory()) : null;
    }

    @Override
    public InterruptLines interrupts() {
        return interrupts;
    }

    EmulatedInterrupts lines() {
        return interrupts;
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
        String what = "reset " + function.address() + " by " + by + ": ";
        if (outcome == ResetOutcome.ABSENT) {
            throw new VfioException(Errno.ENOTTY, what + "it has none");
        } else if (outcome == ResetOutcome.FAILS) {
            throw new VfioException(Errno.EIO, what + "it failed, and the function is as it was");
        }
        function.reset(method);
    }

    @Override
    public void resetBus() {
        function.bus().resets().resetBus(function);
    }

    @Override
    public boolean busResettable() {
        return function.bus().resets().resettable(function);
    }

    @Override
    public Listener listener(Listener next) {
        Listener before = listener;
        listener = next;
        return before;
    }

    @Override
    public void dma(DmaAccess access) {
        memory = access;
    }

    /**
     * The memory that the function masters the bus for.
     *
     * @throws VfioException EIO where it may not, or nothing translates
     */
    DmaAccess memory(long iova) {
        DmaAccess access = memory;
        boolean master = (function.rawConfig().read(COMMAND, 2) & BUS_MASTER) != 0;
        if (access == null || !master || function.asleep()) {
            throw new VfioException(Errno.EIO, "DMA of %s at %xh: ".formatted(function.address(), iova) + (!master
                    ? "bus mastering is not enabled; set bit 2 of COMMAND"
                    : access == null ? "no memory is attached to it" : "it sleeps in D3hot"));
        }
        return access;
    }

    /** The function reports an uncorrectable error, unless its mask keeps that. */
    void errorDetected() {
        Listener told = listener;
        if (ErrorReporting.uncorrectable(function) && told != null) {
            told.errorDetected();
        }
    }

    /** PME. */
    void wakeUp() {
        int control = PowerRegisters.control(function.model().config());
        if (control != 0) {
            function.rawConfig().report(control, 2, PowerRegisters.PME_STATUS);
        }
        Listener told = listener;
        if (told != null) {
            told.wakeUp();
        }
    }

    /** The function was reset. */
    void reset() {
        interrupts.reset();
        DeviceModel device = model == null ? null : model.made();
        if (device != null) {
            device.reset();
        }
    }

    void powerState(int state) {
        DeviceModel device = model == null ? null : model.made();
        if (device != null) {
            device.powerState(state);
        }
    }
}
