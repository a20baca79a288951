// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.reset;

import static vfio.pci.core.id.PciRegisters.AF_CTRL;
import static vfio.pci.core.id.PciRegisters.AF_CTRL_FLR;
import static vfio.pci.core.id.PciRegisters.CAP_ID_AF;
import static vfio.pci.core.id.PciRegisters.CAP_ID_EXP;
import static vfio.pci.core.id.PciRegisters.COMMAND;
import static vfio.pci.core.id.PciRegisters.COMMAND_INTX_DISABLE;
import static vfio.pci.core.id.PciRegisters.D0;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL;
import static vfio.pci.core.id.PciRegisters.EXP_DEVCTL_BCR_FLR;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.bus.PciFunction;
import vfio.pci.core.bus.RawHardware;
import vfio.pci.core.id.ResetMethod;
import vfio.pci.core.internal.config.ConfigState;
import vfio.pci.core.internal.config.RawCapabilities;
import vfio.pci.core.internal.power.PowerState;

/**
 * The resets of one function of a raw bus (drivers/pci/pci.c). The caller keeps users out; a reset puts configuration space
 * back to what it held.
 */
public final class FunctionResets {
    private static final int ALL_ONES = 0xffff;
    /** The longest time in ns that a function may take to answer after a reset (PCIe 6.0 section 6.6.1). */
    private static final long READY_LIMIT = TimeUnit.SECONDS.toNanos(1);

    private final PciFunction function;
    private final RawHardware raw;
    private final PowerState power;
    private final ReentrantLock deviceLock;
    private final BooleanSupplier own;
    private final AvailableResets available;
    private final Supplier<List<ResetMethod>> order;

    /**
     * Makes the resets of a function.
     *
     * @param deviceLock while another thread holds this lock the function is not reset
     * @param own the driver's method, tried before the bus's; it returns false where there is none
     * @param available the methods that the function has
     * @param order the methods that are tried, as far as the function has them
     */
    public FunctionResets(PciFunction function, RawHardware raw, PowerState power, ReentrantLock deviceLock,
            BooleanSupplier own, AvailableResets available, Supplier<List<ResetMethod>> order) {
        this.function = function;
        this.raw = raw;
        this.power = power;
        this.deviceLock = deviceLock;
        this.own = own;
        this.available = available;
        this.order = order;
    }

    /**
     * Resets the function by the first method that it has.
     *
     * @return the method
     * @throws VfioException EAGAIN while the function's VFs come or go, or its bus is reset; ENODEV where it does not
     *     answer; ENOTTY where it has no method; else why the first one failed
     */
    public ResetMethod reset() {
        if (!deviceLock.tryLock()) {
            throw new VfioException(Errno.EAGAIN, "reset " + function.address()
                    + ": its VFs are being changed, or its bus is being reset; try again");
        }
        try {
            return resetLocked();
        } finally {
            deviceLock.unlock();
        }
    }

    /**
     * Resets the function before it is used; returns false where no reset works, which does not keep it from being used.
     *
     * @throws VfioException EAGAIN as {@link #reset}
     */
    public boolean tried() {
        try {
            reset();
            return true;
        } catch (VfioException e) {
            if (e.errno() == Errno.EAGAIN) {
                throw e;
            }
            return false;
        }
    }

    /**
     * Resets the function after it was used; returns false where that fails. One whose lock is held now is reset with its
     * bus, or at the next open.
     */
    public boolean succeeds() {
        try {
            reset();
            return true;
        } catch (VfioException e) {
            return false;
        }
    }

    private ResetMethod resetLocked() {
        if (function.config().read(COMMAND, 2) == ALL_ONES) {
            throw gone();
        }
        power.enter(D0);
        int virtual = function.virtualFunctions().size();
        ConfigState saved = ConfigState.of(function.config());
        function.config().write(COMMAND, 2, COMMAND_INTX_DISABLE);
        try {
            return tryAll();
        } finally {
            saved.restore();
            restoreVirtualFunctions(virtual);
        }
    }

    /** Enables the VFs again that a reset of their PF has taken away (pci_restore_iov_state, drivers/pci/iov.c). */
    private void restoreVirtualFunctions(int count) {
        if (count == 0 || function.virtualFunctions().size() == count) {
            return;
        }
        try {
            function.enableVirtualFunctions(count);
        } catch (VfioException e) {
            System.getLogger(FunctionResets.class.getName()).log(System.Logger.Level.WARNING, "the " + count + " VFs that "
                    + function.address() + " had before a reset do not come back: " + e.getMessage());
        }
    }

    /** Makes the refusal for a function that was unplugged, perhaps just now. */
    private VfioException gone() {
        return new VfioException(Errno.ENODEV, "reset " + function.address() + ": the function does not answer");
    }

    private ResetMethod tryAll() {
        for (ResetMethod method : order.get()) {
            try {
                if (attempt(method)) {
                    awaitReady(method);
                    return method;
                }
            } catch (VfioException e) {
                if (e.errno() != Errno.ENOTTY) {
                    throw e;
                }
            }
        }
        throw new VfioException(Errno.ENOTTY, "reset " + function.address() + ": the function has no reset that works"
                + (order.get().isEmpty() ? "; the operator has disabled all" : ""));
    }

    /**
     * Resets by one method.
     *
     * @return false where the function does not have the method
     */
    private boolean attempt(ResetMethod method) {
        boolean drivers = method == ResetMethod.DEVICE_SPECIFIC && own.getAsBoolean();
        if (!drivers && available.has(method)) {
            run(method);
            return true;
        }
        return drivers;
    }

    private void run(ResetMethod method) {
        ConfigSpace config = function.config();
        RawCapabilities capabilities = new RawCapabilities(config);
        switch (method) {
            case DEVICE_SPECIFIC -> raw.resetDevice();
            case FLR -> {
                int control = capabilities.standard(CAP_ID_EXP).orElseThrow(this::gone) + EXP_DEVCTL;
                config.write(control, 2, config.read(control, 2) | EXP_DEVCTL_BCR_FLR);
            }
            case AF_FLR -> config.write(capabilities.standard(CAP_ID_AF).orElseThrow(this::gone) + AF_CTRL, 1, AF_CTRL_FLR);
            case PM -> power.cycle();
            case BUS -> raw.resetBus();
            case ACPI, CXL_BUS -> raw.resetByPlatform(method);
        }
    }

    private void awaitReady(ResetMethod method) {
        long begin = System.nanoTime();
        long pause = TimeUnit.MILLISECONDS.toNanos(1);
        while (function.config().read(COMMAND, 2) == ALL_ONES) {
            if (System.nanoTime() - begin > READY_LIMIT || Thread.currentThread().isInterrupted()) {
                throw new VfioException(Errno.ENOTTY, "reset " + function.address() + " by " + method
                        + ": the function does not answer any more");
            }
            LockSupport.parkNanos(pause);
            pause *= 2;
        }
    }
}
