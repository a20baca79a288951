// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.reset;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.PciFunction;
import vfio.pci.core.PciFunction.ConfigSpace;
import vfio.pci.core.ResetMethod;
import vfio.pci.core.internal.config.RawCapabilities;
import vfio.pci.core.internal.power.PowerState;

/**
 * The resets of one function of a raw bus (drivers/pci/pci.c). The caller keeps users out; what configuration space held is
 * put back.
 */
public final class FunctionResets {
    private static final int COMMAND = 0x04;
    private static final int INTX_DISABLE = 1 << 10;
    private static final int EXPRESS = 0x10;
    private static final int ADVANCED_FEATURES = 0x13;
    private static final int ALL_ONES = 0xffff;
    /** PCIe 6.0 section 6.6.1 lets a function answer that late. */
    private static final long READY_LIMIT = TimeUnit.SECONDS.toNanos(1);

    private final PciFunction function;
    private final PowerState power;
    private final BooleanSupplier own;
    private final BooleanSupplier alone;

    /**
     * @param own the driver's method, tried before the bus's; it answers false where there is none
     * @param alone whether no other function is on the bus
     */
    public FunctionResets(PciFunction function, PowerState power, BooleanSupplier own, BooleanSupplier alone) {
        this.function = function;
        this.power = power;
        this.own = own;
        this.alone = alone;
    }

    /** The methods that the function has by itself, in order; a driver's own is not known before it is tried. */
    public List<ResetMethod> methods() {
        List<ResetMethod> methods = new ArrayList<>();
        for (ResetMethod method : ResetMethod.values()) {
            if (has(method)) {
                methods.add(method);
            }
        }
        return methods;
    }

    private boolean has(ResetMethod method) {
        ConfigSpace config = function.config();
        RawCapabilities capabilities = new RawCapabilities(config);
        return switch (method) {
            case DEVICE_SPECIFIC -> function.raw().quirks().deviceReset();
            case FLR -> capabilities.standard(EXPRESS).stream().anyMatch(at -> (config.read(at + 4, 4) & 1 << 28) != 0);
            case AF_FLR -> capabilities.standard(ADVANCED_FEATURES).stream()
                    .anyMatch(at -> (config.read(at + 3, 1) & 3) == 3);
            case PM -> power.losesState();
            case BUS -> function.raw().busResettable() && alone.getAsBoolean();
            case ACPI, CXL_BUS -> false;
        };
    }

    /**
     * Resets the function by the first method that it has.
     *
     * @return the method
     * @throws VfioException ENODEV where the function does not answer; ENOTTY where it has no method; else why the first one
     *     failed
     */
    public ResetMethod reset() {
        if (function.config().read(COMMAND, 2) == ALL_ONES) {
            throw gone();
        }
        power.enter(PowerState.D0);
        ConfigState saved = ConfigState.of(function.config());
        function.config().write(COMMAND, 2, INTX_DISABLE);
        try {
            return tryAll();
        } finally {
            saved.restore();
        }
    }

    /** Unplugged, perhaps since it was asked what it has. */
    private VfioException gone() {
        return new VfioException(Errno.ENODEV, "reset " + function.address() + ": the function does not answer");
    }

    private ResetMethod tryAll() {
        if (own.getAsBoolean()) {
            awaitReady(ResetMethod.DEVICE_SPECIFIC);
            return ResetMethod.DEVICE_SPECIFIC;
        }
        for (ResetMethod method : ResetMethod.values()) {
            if (!has(method)) {
                continue;
            }
            try {
                attempt(method);
                awaitReady(method);
                return method;
            } catch (VfioException e) {
                if (e.errno() != Errno.ENOTTY) {
                    throw e;
                }
            }
        }
        throw new VfioException(Errno.ENOTTY, "reset " + function.address() + ": the function has no reset that works");
    }

    private void attempt(ResetMethod method) {
        ConfigSpace config = function.config();
        RawCapabilities capabilities = new RawCapabilities(config);
        switch (method) {
            case DEVICE_SPECIFIC -> function.raw().resetDevice();
            case FLR -> {
                int control = capabilities.standard(EXPRESS).orElseThrow(this::gone) + 8;
                config.write(control, 2, config.read(control, 2) | 1 << 15);
            }
            case AF_FLR -> config.write(capabilities.standard(ADVANCED_FEATURES).orElseThrow(this::gone) + 4, 1, 1);
            case PM -> power.cycle();
            default -> function.raw().resetBus();
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
