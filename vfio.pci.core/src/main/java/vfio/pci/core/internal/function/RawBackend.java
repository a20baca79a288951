// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import static vfio.pci.core.id.PciRegisters.D0;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.core.device.VfioDevice;
import vfio.core.feature.Features;
import vfio.core.info.DeviceInfo;
import vfio.core.info.InfoCapability;
import vfio.core.info.IrqInfo;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.internal.backend.FunctionBackend;
import vfio.pci.core.internal.config.ConfigState;
import vfio.pci.core.internal.power.PowerState;
import vfio.pci.core.internal.reset.AvailableResets;
import vfio.pci.core.internal.reset.FunctionResets;
import vfio.pci.core.internal.sriov.VfToken;

/**
 * The backend of a bound function of a raw bus, which the core virtualizes (drivers/vfio/pci/vfio_pci_core.c). While nobody
 * has the function open, it is asleep in D3hot, unless that is switched off.
 */
public final class RawBackend implements FunctionBackend {
    private final PciFunction function;
    private final RawHardware raw;
    private final FunctionSettings settings;
    private final Neighbourhood neighbourhood;
    private final PowerState power;
    private final FunctionResets resets;
    private final CommandRegister command;
    /**
     * The lock in place of the kernel's device lock: held while VFs come or go, or the function is reset; resets only try to
     * take it.
     */
    private final ReentrantLock deviceLock = new ReentrantLock();
    private final SriovConfigure virtualFunctions;
    private volatile VfioDevice device;
    private volatile BooleanSupplier ownReset;
    private volatile OpenRaw open;
    private volatile boolean resetWorks;
    private volatile boolean needsReset;
    private boolean registered;
    private ConfigState saved;
    private ConfigState busReset;
    /** The PF's token, while this function is a VF and open. */
    private Optional<VfToken> physical = Optional.empty();

    public RawBackend(PciFunction function, RawHardware raw, FunctionSettings settings, Neighbourhood neighbourhood) {
        this.function = function;
        this.raw = raw;
        this.settings = settings;
        this.neighbourhood = neighbourhood;
        virtualFunctions = new SriovConfigure(function, deviceLock);
        power = new PowerState(function.config(), virtualFunctions::holdsPower);
        resets = new FunctionResets(function, raw, power, deviceLock, () -> ownReset.getAsBoolean(),
                new AvailableResets(function, raw, neighbourhood::aloneOnBus), neighbourhood::resetOrder);
        command = new CommandRegister(function.config());
    }

    @Override
    public synchronized void register(VfioDevice made, BooleanSupplier driversReset) {
        device = made;
        ownReset = driversReset;
        registered = true;
        power.enter(D0);
        sleep();
    }

    @Override
    public synchronized void unregister() {
        registered = false;
        power.enter(D0);
    }

    @Override
    public Features features() {
        Features features = Features.lowPower(wakeup -> live("let sleep").sleep().enter(wakeup),
                () -> live("keep awake").sleep().exit());
        return neighbourhood.token().map(token -> features.with(Features.vfToken(token::set))).orElse(features);
    }

    @Override
    public void configureVirtualFunctions(int count) {
        virtualFunctions.configure(count, this::powerUp, this::rest);
    }

    private void powerUp() {
        OpenRaw now = open;
        if (now == null) {
            power.enter(D0);
        } else {
            now.powerUp();
        }
    }

    private void rest() {
        OpenRaw now = open;
        if (now == null) {
            sleep();
        } else {
            now.sleep().resumeRest();
        }
    }

    /**
     * Lets the function sleep, unless the settings keep it awake or it was unbound while its bus was reset: then it is left
     * awake.
     */
    private synchronized void sleep() {
        if (registered && !settings.disableIdleD3()) {
            settle(power::rest);
        }
    }

    /** Changes the power state; where that fails, the function is left as it is, and the next open reports the failure. */
    private void settle(Runnable change) {
        try {
            change.run();
        } catch (VfioException e) {
            System.getLogger(RawBackend.class.getName()).log(System.Logger.Level.WARNING,
                    function.address() + ": " + e.getMessage());
        }
    }

    /** Opens the function. Its opener has checked the token, which is the core's own. */
    @Override
    public void open(Optional<UUID> vfToken) {
        try {
            power.enter(D0);
            command.clearBusMaster();
            command.enable(function.bars());
            resetWorks = resets.tried();
            saved = ConfigState.of(function.config());
            open = new OpenRaw(function, raw, settings, power, resets, device, neighbourhood);
            raw.dma(neighbourhood.dma());
            physical = neighbourhood.physicalToken();
            physical.ifPresent(VfToken::userAdded);
        } catch (RuntimeException e) {
            command.disableAll();
            sleep();
            throw e;
        }
    }

    @Override
    public void close() {
        OpenRaw closing = open;
        if (closing == null) {
            return; // the driver never opened the function
        }
        open = null;
        settle(() -> power.enter(D0));
        command.clearBusMaster();
        raw.dma(null);
        closing.close();
        saved.restore();
        command.disableAll();
        needsReset = !(resetWorks && resets.succeeds());
        saved.restore();
        command.disableAll();
        neighbourhood.resetIfIdle();
        sleep();
        physical.ifPresent(VfToken::userGone);
        physical = Optional.empty();
    }

    /** Tells whether the function was used since its last reset. */
    public boolean needsReset() {
        return needsReset;
    }

    /** Notes that the whole bus was reset. */
    public void wasReset() {
        needsReset = false;
        device.wasReset();
    }

    private OpenRaw live(String act) {
        OpenRaw now = open;
        if (now == null) {
            throw new VfioException(Errno.ENODEV, act + " " + function.address() + ": it is not open");
        }
        return now;
    }

    @Override
    public DeviceInfo info(List<InfoCapability> capabilities) {
        return live("get info of").info(resetWorks ? DeviceInfo.RESET : 0, capabilities);
    }

    @Override
    public RegionOperations region(int index) {
        return live("open region " + index + " of").regions().region(index);
    }

    @Override
    public RegionOperations added(RegionOperations region) {
        return live("add a region to").regions().added(region);
    }

    @Override
    public void claim(int position, byte... values) {
        live("claim configuration space of").claim(position, values);
    }

    @Override
    public boolean wake() {
        return live("wake").sleep().wake();
    }

    @Override
    public IrqInfo irqInfo(int index) {
        return live("get interrupt info of").irqInfo(index);
    }

    @Override
    public int setIrqs(IrqRequest request) {
        return live("set interrupts of").setIrqs(request);
    }

    @Override
    public void ioEvent(int region, long offset, int width, long value, EventSignal signal) {
        live("set a signal that writes of").ioEvent(region, offset, width, value, signal);
    }

    @Override
    public void reset() {
        if (!resetWorks) {
            throw new VfioException(Errno.EINVAL, "reset " + function.address() + ": " + (neighbourhood.resetOrder().isEmpty()
                    ? "an operator has disabled it; 'reset-method " + function.address() + " default' allows it again"
                    : "none works; try a hot reset"));
        }
        live("reset").reset();
    }

    @Override
    public void request(int count) {
        OpenRaw now = open;
        if (now != null) {
            now.request();
        }
    }

    /**
     * Takes the memory from users before the reset of a whole bus; returns false where another thread has the memory lock.
     *
     * @throws VfioException EAGAIN while VFs of the function come or go; a call that throws has taken nothing
     */
    public boolean beginReset() {
        OpenRaw now = open;
        if (now != null && !now.tryLockMemory()) {
            return false;
        }
        try {
            lockForReset();
            return true;
        } catch (RuntimeException e) {
            if (now != null) {
                now.unlockMemory();
            }
            throw e;
        }
    }

    private void lockForReset() {
        if (!deviceLock.tryLock()) {
            throw new VfioException(Errno.EAGAIN, "reset the bus of " + function.address()
                    + ": VFs of it are being changed; try again");
        }
        try {
            power.enter(D0);
            busReset = ConfigState.of(function.config());
        } catch (RuntimeException e) {
            deviceLock.unlock();
            throw e;
        }
    }

    /** Gives back what {@link #beginReset} has taken, after the reset. */
    public void endReset() {
        OpenRaw now = open;
        try {
            busReset.restore();
        } finally {
            deviceLock.unlock();
            if (now != null) {
                now.unlockMemory();
            } else {
                sleep();
            }
        }
    }
}
