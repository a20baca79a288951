// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqInfo;
import vfio.core.IrqRequest;
import vfio.core.RegionOperations;
import vfio.core.VfioDevice;
import vfio.core.VfioException;
import vfio.pci.core.PciFunction;
import vfio.pci.core.PciFunction.Bar;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.internal.config.EnabledFunction;
import vfio.pci.core.internal.config.FunctionFacts;
import vfio.pci.core.internal.config.VirtualConfig;
import vfio.pci.core.internal.irq.FunctionInterrupts;
import vfio.pci.core.internal.irq.Interrupts;
import vfio.pci.core.internal.power.PowerState;
import vfio.pci.core.internal.reset.FunctionResets;
import vfio.pci.core.internal.vga.VgaArbiter;

/**
 * A raw function from its first open to its last close: its virtual configuration space, its regions and interrupts.
 *
 * <p>Locks, in this order: the configuration space's, the memory lock, the interrupts'. The memory lock is held by whoever
 * takes the BARs from users, changes what they decode or resets the function.
 */
final class OpenFunction implements EnabledFunction {
    private static final int VGA_CLASS = 0x0300;
    private static final long ROM_BIT = 1L << RegionIndex.ROM;

    private final PciFunction function;
    private final RawHardware raw;
    private final PowerState power;
    private final FunctionResets resets;
    private final VfioDevice device;
    private final ReentrantLock memory = new ReentrantLock();
    private final VirtualConfig config;
    private final Interrupts interrupts;
    private final MsixTable msix;
    private final IoEvents ioEvents;
    private final RegionOperations vga;
    private final VgaArbiter.Card card;
    private final List<RegionOperations> vendorRegions = new CopyOnWriteArrayList<>();
    /** BARs of memory, and the ROM; ports answer whatever memory decoding is, as in do_io_rw. */
    private final long memoryRegions;
    private final Sleep sleep;

    OpenFunction(PciFunction function, FunctionSettings settings, PowerState power, FunctionResets resets, VfioDevice device,
            Neighbourhood neighbourhood) {
        this.function = function;
        this.power = power;
        this.resets = resets;
        this.device = device;
        raw = function.raw();
        msix = MsixTable.of(function.config());
        boolean virtual = function.physicalFunction().isPresent();
        boolean intx = !raw.quirks().intxUnusable() && raw.quirks().intxConnected();
        config = new VirtualConfig(function.config(), new FunctionFacts(function.key().vendor(), function.key().device(),
                virtual, intx, function.bars(), raw.romSize()), this);
        interrupts = FunctionInterrupts.of(function, config, msix.vectors(), settings.nointxmask());
        sleep = new Sleep(this, function.address().toString(), new Sleeper(power, interrupts));
        boolean hasVga = function.key().classCode() >>> 8 == VGA_CLASS && !settings.disableVga() && raw.vga() != null;
        card = hasVga ? neighbourhood.vga().register(function.address(), neighbourhood.highestBus(), false) : null;
        vga = hasVga ? new VgaRegion(raw.vga(), card) : null;
        long regions = ROM_BIT;
        for (Bar bar : function.bars()) {
            regions |= bar.io() ? 0 : 1L << bar.index();
        }
        memoryRegions = regions;
        ioEvents = new IoEvents(function.address().toString(), this::bar, msix, config::memoryEnabled);
        raw.listener(new Events());
    }

    /** What the function reports by itself. */
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

    /** Brings the function to D0 for its VFs, whoever has let it sleep. */
    void powerUp() {
        sleep.wake();
        lockMemory();
        try {
            power.enter(PowerState.D0);
        } finally {
            unlockMemory();
        }
    }

    /** Its user is told of nothing any more. */
    void close() {
        sleep.end();
        raw.listener(null);
        interrupts.close();
        ioEvents.close();
        if (card != null) {
            card.close();
        }
    }

    int regions() {
        return RegionIndex.FIXED + vendorRegions.size();
    }

    RegionOperations region(int index) {
        if (index < RegionIndex.BARS) {
            return bar(index);
        }
        return switch (index) {
            case RegionIndex.ROM -> rom();
            case RegionIndex.CONFIG -> new ConfigRegion(config, sleep::wake);
            case RegionIndex.VGA -> required(vga, index);
            default -> vendorRegions.get(index - RegionIndex.FIXED);
        };
    }

    private RegionOperations bar(int index) {
        for (Bar bar : function.bars()) {
            if (bar.index() == index) {
                return BarRegion.of(raw.bar(index), bar, msix);
            }
        }
        return EmptyRegion.INSTANCE;
    }

    private RegionOperations rom() {
        RegionOperations image = raw.rom();
        return image == null || raw.romSize() == 0 ? EmptyRegion.INSTANCE : new RomRegion(image, raw.romSize());
    }

    private RegionOperations required(RegionOperations region, int index) {
        if (region == null) {
            throw new VfioException(Errno.EINVAL, "open region " + index + " of " + function.address() + ": it has no VGA");
        }
        return region;
    }

    int addRegion(RegionOperations region) {
        vendorRegions.add(region);
        return RegionIndex.FIXED + vendorRegions.size() - 1;
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

    /** VFIO_DEVICE_RESET. */
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

    /** Users come back where memory is decoded. */
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

    /** A PF with VFs stays in D0, and the register says so: as in the kernel its user hears nothing else. */
    @Override
    public void setPowerState(int state) {
        try {
            power.enter(state);
        } catch (VfioException e) {
            if (e.errno() != Errno.EBUSY) {
                throw e;
            }
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
            System.getLogger(OpenFunction.class.getName()).log(System.Logger.Level.WARNING,
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
