// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import vfio.core.DeviceInfo;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.InfoCapability;
import vfio.core.IrqInfo;
import vfio.core.IrqRequest;
import vfio.core.RegionOperations;
import vfio.core.VfioDevice;
import vfio.core.VfioException;
import vfio.core.feature.BusFeatures;
import vfio.core.feature.Features;
import vfio.core.feature.LowPower;
import vfio.pci.core.FunctionBackend;
import vfio.pci.core.PciFunction;
import vfio.pci.core.internal.irq.Interrupts;
import vfio.pci.core.internal.power.PowerState;
import vfio.pci.core.internal.reset.ConfigState;
import vfio.pci.core.internal.reset.FunctionResets;
import vfio.pci.core.internal.sriov.VfToken;

/**
 * A bound function of a raw bus, virtualized by the core (drivers/vfio/pci/vfio_pci_core.c): asleep in D3hot while nobody
 * has it open, unless that is switched off.
 */
public final class RawFunction implements FunctionBackend {
    private final PciFunction function;
    private final FunctionSettings settings;
    private final Neighbourhood neighbourhood;
    private final PowerState power;
    private final FunctionResets resets;
    private final Command command;
    private volatile VfioDevice device;
    private volatile BooleanSupplier ownReset;
    private volatile OpenFunction open;
    private volatile Optional<InfoCapability> atomics = Optional.empty();
    private volatile boolean keptAwake;
    private volatile boolean resetWorks;
    private volatile boolean needsReset;
    private boolean registered;
    private ConfigState saved;
    private ConfigState busReset;
    /** The PF's, while a VF is open. */
    private Optional<VfToken> physical = Optional.empty();

    public RawFunction(PciFunction function, FunctionSettings settings, Neighbourhood neighbourhood) {
        this.function = function;
        this.settings = settings;
        this.neighbourhood = neighbourhood;
        power = new PowerState(function.config());
        resets = new FunctionResets(function, power, this::resetByDriver, neighbourhood::aloneOnBus);
        command = new Command(function.config());
    }

    private boolean resetByDriver() {
        return ownReset.getAsBoolean();
    }

    @Override
    public synchronized void register(VfioDevice made, BooleanSupplier driversReset) {
        device = made;
        ownReset = driversReset;
        registered = true;
        power.enter(PowerState.D0);
        sleep();
    }

    @Override
    public synchronized void unregister() {
        registered = false;
        power.enter(PowerState.D0);
    }

    @Override
    public Features features() {
        Features features = BusFeatures.lowPower(new LowPower() {
            @Override
            public void enter(EventSignal wakeup) {
                opened().enterLowPower(wakeup);
            }

            @Override
            public void exit() {
                opened().exitLowPower();
            }
        });
        return neighbourhood.token().map(token -> features.with(BusFeatures.vfToken(token::set))).orElse(features);
    }

    @Override
    public void keepAwake(boolean awake) {
        keptAwake = awake;
        if (open == null) {
            power.enter(PowerState.D0);
            sleep();
        }
    }

    /** Not what was unbound while its bus was reset: that is left awake. */
    private synchronized void sleep() {
        if (registered && !settings.disableIdleD3() && !keptAwake) {
            settle(PowerState.D3_HOT);
        }
    }

    /** What does not follow is left as it is: the next open tells of it. */
    private void settle(int state) {
        try {
            power.enter(state);
        } catch (VfioException e) {
            System.getLogger(RawFunction.class.getName()).log(System.Logger.Level.WARNING,
                    function.address() + ": " + e.getMessage());
        }
    }

    @Override
    public void open() {
        try {
            power.enter(PowerState.D0);
            command.clearBusMaster();
            command.enable(function.bars());
            resetWorks = resetTried();
            saved = ConfigState.of(function.config());
            open = new OpenFunction(function, settings, power, resets, device, neighbourhood);
            atomics = AtomicOps.enable(neighbourhood.path());
            function.raw().dma(neighbourhood.dma());
            physical = neighbourhood.physicalToken();
            physical.ifPresent(VfToken::userAdded);
        } catch (RuntimeException e) {
            command.disableAll();
            sleep();
            throw e;
        }
    }

    /** A function without a reset that works can be used all the same; one that somebody else resets cannot be opened. */
    private boolean resetTried() {
        try {
            resets.reset();
            return true;
        } catch (VfioException e) {
            if (e.errno() == Errno.EAGAIN) {
                throw e;
            }
            return false;
        }
    }

    @Override
    public void close() {
        OpenFunction closing = open;
        if (closing == null) {
            return; // the driver never opened it
        }
        open = null;
        settle(PowerState.D0);
        command.clearBusMaster();
        function.raw().dma(null);
        closing.close();
        saved.restore();
        command.disableAll();
        needsReset = !resetAtClose();
        saved.restore();
        command.disableAll();
        neighbourhood.resetIfIdle();
        sleep();
        physical.ifPresent(VfToken::userGone);
        physical = Optional.empty();
    }

    /** Whether it was reset; not where it has none that works, or somebody else is just at it. */
    private boolean resetAtClose() {
        try {
            return resetWorks && resetTried();
        } catch (VfioException e) {
            return false;
        }
    }

    /** Whether it was used since it was last reset. */
    public boolean needsReset() {
        return needsReset;
    }

    /** The whole bus was reset. */
    public void wasReset() {
        needsReset = false;
        device.wasReset();
    }

    private OpenFunction opened() {
        OpenFunction now = open;
        if (now == null) {
            throw new VfioException(Errno.ENODEV, "use " + function.address() + ": it is not open");
        }
        return now;
    }

    @Override
    public DeviceInfo info(List<InfoCapability> capabilities) {
        OpenFunction now = opened();
        int reset = resetWorks ? DeviceInfo.RESET : 0;
        List<InfoCapability> all = new ArrayList<>(capabilities);
        atomics.ifPresent(all::add);
        return new DeviceInfo(DeviceInfo.PCI | reset, now.regions().count(), Interrupts.INDICES, all);
    }

    @Override
    public RegionOperations region(int index) {
        return opened().regions().region(index);
    }

    @Override
    public int addRegion(RegionOperations region) {
        return opened().regions().add(region);
    }

    @Override
    public void claim(int position, byte... values) {
        opened().claim(position, values);
    }

    @Override
    public boolean wake() {
        return opened().wake();
    }

    @Override
    public IrqInfo irqInfo(int index) {
        return opened().irqInfo(index);
    }

    @Override
    public int setIrqs(IrqRequest request) {
        return opened().setIrqs(request);
    }

    @Override
    public void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
        opened().ioEvent(region, offset, width, value, signal);
    }

    @Override
    public void reset() {
        if (!resetWorks) {
            throw new VfioException(Errno.EINVAL, "reset " + function.address() + ": no reset of it worked when it was "
                    + "opened; a hot reset of its bus may");
        }
        opened().reset();
    }

    @Override
    public void request(int count) {
        OpenFunction now = open;
        if (now != null) {
            now.request();
        }
    }

    /** Before the reset of a whole bus: takes the memory from users, or answers false where somebody else has it. */
    public boolean beginReset() {
        OpenFunction now = open;
        if (now != null && !now.tryLockMemory()) {
            return false;
        }
        power.enter(PowerState.D0);
        busReset = ConfigState.of(function.config());
        return true;
    }

    /** After it. */
    public void endReset() {
        OpenFunction now = open;
        try {
            busReset.restore();
        } finally {
            if (now != null) {
                now.unlockMemory();
            } else {
                sleep();
            }
        }
    }
}
