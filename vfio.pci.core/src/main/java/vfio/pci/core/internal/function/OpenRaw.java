// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static vfio.pci.core.id.PciRegisters.D0;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.device.VfioDevice;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.core.info.IrqInfo;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.id.PciClass;
import vfio.pci.core.id.RegionIndex;
import vfio.pci.core.internal.config.EnabledFunction;
import vfio.pci.core.internal.config.FunctionFacts;
import vfio.pci.core.internal.config.VirtualConfig;
import vfio.pci.core.internal.irq.FunctionInterrupts;
import vfio.pci.core.internal.irq.Interrupts;
import vfio.pci.core.internal.power.PowerState;
import vfio.pci.core.internal.reset.FunctionResets;
import vfio.pci.core.internal.vga.VgaArbiter;

/**
 * A raw function while it is open, from its first open to its last close: its virtual configuration space, its regions and
 * interrupts.
 *
 * <p>Locks are taken in this order: the configuration space's, the memory lock, the interrupts'. A thread holds the memory
 * lock while it takes the BARs from users, changes what they decode or resets the function.
 */
final class OpenRaw implements EnabledFunction {

    private final PciFunction function;
    private final RawHardware raw;
    private final PowerState power;
    private final FunctionResets resets;
    private final VfioDevice device;
    private final ReentrantLock memory = new ReentrantLock();
    private final VirtualConfig config;
    private final Interrupts interrupts;
    private final IoEvents ioEvents;
    private final VgaArbiter.Card card;
    private final FunctionRegions regions;
    /** A bit for each region that users do not reach while memory is not decoded. */
    private final long memoryRegions;
    private final Sleep sleep;
    private final Optional<InfoCapability> atomics;

    OpenRaw(PciFunction function, RawHardware raw, FunctionSettings settings, PowerState power, FunctionResets resets,
            VfioDevice device, Neighbourhood neighbourhood) {
        this.function = function;
        this.raw = raw;
        this.power = power;
        this.resets = resets;
        this.device = device;
        MsixTable msix = MsixTable.of(function.config());
        boolean virtual = function.physicalFunction().isPresent();
        boolean intx = !raw.quirks().intxUnusable() && raw.quirks().intxConnected();
        config = new VirtualConfig(function.config(), new FunctionFacts(function.key().vendor(), function.key().device(),
                virtual, intx, function.bars(), FunctionRegions.romSize(raw)), this);
        interrupts = FunctionInterrupts.of(function.config(), raw, config, msix.vectors(), settings.nointxmask());
        sleep = new Sleep(this, function.address().toString(), new Sleeper(power, interrupts));
        boolean display = PciClass.of(function.key().classCode()) == PciClass.DISPLAY_VGA;
        boolean hasVga = display && !settings.disableVga() && raw.vga() != null;
        card = hasVga ? neighbourhood.vga().register(function.address(), neighbourhood.highestBus(), false) : null;
        RegionOperations vga = hasVga ? new VgaRegion(raw.vga(), card) : null;
        regions = new FunctionRegions(function, raw, msix, MappableBars.of(function, raw, neighbourhood), config, vga,
                sleep::wake);
        memoryRegions = regions.ofMemory();
        ioEvents = new IoEvents(function.address().toString(), regions::bar, msix, memoryRegions,
                config::memoryEnabled);
        atomics = AtomicOps.enable(neighbourhood.path());
        raw.listener(new Events());
    }

    /** The listener to what the function reports by itself. */
    private final class Events implements RawHardware.Listener {
        @Override
        public void errorDetected() {
            interrupts.error();
        }

        @Override
        public void wakeUp() {
            sleep.wake();
        }
    }

    Sleep sleep() {
        return sleep;
    }

    /** Brings the function to D0 for its VFs, also where its user has let it sleep. */
    void powerUp() {
        sleep.wake();
        lockMemory();
        try {
            power.enter(D0);
        } finally {
            unlockMemory();
        }
    }

    /** Closes the function: its user is told of nothing any more. */
    void close() {
        sleep.end();
        raw.listener(null);
        interrupts.close();
        ioEvents.close();
        if (card != null) {
            card.close();
        }
    }

    /** Returns the device's info; a driver's capabilities come before those that the core finds. */
    DeviceInfo info(int flags, List<InfoCapability> drivers) {
        List<InfoCapability> all = new ArrayList<>(drivers);
        atomics.ifPresent(all::add);
        return new DeviceInfo(DeviceInfo.PCI | flags, RegionIndex.NUM_REGIONS, IrqIndex.NUM_IRQS, all);
    }

    FunctionRegions regions() {
        return regions;
    }

    void claim(int position, byte... values) {
        config.claim(position, values);
    }

    IrqInfo irqInfo(int index) {
        return interrupts.info(index);
    }

    int setIrqs(IrqRequest request) {
        return interrupts.set(request);
    }

    void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
        ioEvents.set(region, offset, width, value, signal);
    }

    void request() {
        interrupts.request();
    }

    /** Resets the function (VFIO_DEVICE_RESET). */
    void reset() {
        lockMemory();
        try {
            zapMappings();
            resets.reset();
        } finally {
            unlockMemory();
        }
    }

    @Override
    public void lockMemory() {
        memory.lock();
    }

    boolean tryLockMemory() {
        boolean locked = memory.tryLock();
        if (locked) {
            zapMappings();
        }
        return locked;
    }

    @Override
    public void zapMappings() {
        device.block(memoryRegions);
    }

    /** Releases the memory lock; where memory is decoded, users reach it again. */
    @Override
    public void unlockMemory() {
        try {
            if (config.memoryEnabled()) {
                if (sleep.engaged()) {
                    device.admit(memoryRegions);
                } else {
                    device.unblock(memoryRegions);
                }
            }
        } finally {
            memory.unlock();
        }
    }

    @Override
    public void maskIntx() {
        interrupts.intxDisabled(true);
    }

    @Override
    public void enableIntx() {
        interrupts.intxDisabled(false);
    }

    @Override
    public void unmaskIntx() {
        interrupts.unmaskIntx();
    }

    /**
     * Enters a power state that a register asks for. A state that cannot be entered is not: a PF with VFs stays in D0, and a
     * state that the function lacks is never entered. The register shows this, and as in the kernel the user hears nothing
     * else (vfio_lock_and_set_power_state).
     */
    @Override
    public void setPowerState(int state) {
        try {
            power.enter(state);
        } catch (VfioException e) {
            System.getLogger(OpenRaw.class.getName()).log(System.Logger.Level.DEBUG,
                    function.address() + " was asked by a register: " + e.getMessage());
        }
    }

    @Override
    public int powerState() {
        return power.state();
    }

    @Override
    public void resetFunction() {
        try {
            resets.reset();
            device.wasReset();
        } catch (VfioException e) {
            System.getLogger(OpenRaw.class.getName()).log(System.Logger.Level.WARNING,
                    function.address() + " was asked by a register to reset, and did not: " + e.getMessage());
        }
    }

    @Override
    public boolean msiInUse() {
        return interrupts.msiInUse();
    }

    @Override
    public int msiQmax() {
        return interrupts.msiQmax();
    }
}
