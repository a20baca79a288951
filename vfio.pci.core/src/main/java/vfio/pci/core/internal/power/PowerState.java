// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.power;

import static vfio.pci.core.id.PciRegisters.CAP_ID_PM;
import static vfio.pci.core.id.PciRegisters.D0;
import static vfio.pci.core.id.PciRegisters.D3_HOT;
import static vfio.pci.core.id.PciRegisters.PM_CAP_D1;
import static vfio.pci.core.id.PciRegisters.PM_CTRL;
import static vfio.pci.core.id.PciRegisters.PM_CTRL_NO_SOFT_RESET;
import static vfio.pci.core.id.PciRegisters.PM_CTRL_PME_STATUS;
import static vfio.pci.core.id.PciRegisters.PM_CTRL_STATE_MASK;
import static vfio.pci.core.id.PciRegisters.PM_PMC;

import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciFunction.ConfigSpace;
import vfio.pci.core.internal.config.ConfigState;
import vfio.pci.core.internal.config.RawCapabilities;

/**
 * The power state of one function of a raw bus, by its PM capability (PCI power management 1.2 section 3.2). A function
 * that loses its state on the way from D3hot to D0 gets it back.
 */
public final class PowerState {
    private final ConfigSpace config;
    private final BooleanSupplier held;
    private volatile int state;
    private ConfigState saved;

    /**
     * Takes the function to be in D0.
     *
     * @param held whether something needs the function in D0 now: VFs of it
     */
    public PowerState(ConfigSpace config, BooleanSupplier held) {
        this.config = config;
        this.held = held;
    }

    private OptionalInt control() {
        OptionalInt start = new RawCapabilities(config).standard(CAP_ID_PM);
        return start.isPresent() ? OptionalInt.of(start.getAsInt() + PM_CTRL) : start;
    }

    /** Returns the state, from 0 for D0 to 3 for D3hot. */
    public int state() {
        return state;
    }

    /** Tells whether the way from D3hot to D0 resets the function. */
    public boolean losesState() {
        return control().stream().anyMatch(at -> (config.read(at, 2) & PM_CTRL_NO_SOFT_RESET) == 0);
    }

    /**
     * Enters a state.
     *
     * @param wanted 0 to 3; another than D0 of a function without power management is left alone
     * @throws VfioException EBUSY to power down a PF whose VFs are enabled; EINVAL from a low-power state to another but a
     *     deeper one; EIO where the function does not have the state, or does not follow
     */
    public synchronized void enter(int wanted) {
        if (wanted > D0 && held.getAsBoolean()) {
            throw new VfioException(Errno.EBUSY, "enter power state D" + wanted
                    + ": VFs of the function are enabled; take those away first");
        }
        enterAllowed(wanted);
    }

    /**
     * Enters D3hot, unless something needs the function in D0.
     *
     * @return false where something does
     */
    public synchronized boolean rest() {
        boolean rests = !held.getAsBoolean();
        if (rests) {
            enterAllowed(D3_HOT);
        }
        return rests;
    }

    private void enterAllowed(int wanted) {
        OptionalInt control = control();
        if (control.isEmpty()) {
            return;
        }
        int at = control.getAsInt();
        int now = config.read(at, 2) & PM_CTRL_STATE_MASK;
        if (now != wanted) {
            check(at, now, wanted);
            change(at, now, wanted);
        }
        state = wanted;
    }

    /** Checks a transition as pci_set_low_power_state, drivers/pci/pci.c. */
    private void check(int at, int now, int wanted) {
        String act = "enter power state D" + wanted + ": the function ";
        if (wanted != D0 && wanted < now) {
            throw new VfioException(Errno.EINVAL, act + "is in D" + now + ", from which it goes deeper, or to D0 first");
        }
        boolean between = wanted != D0 && wanted != D3_HOT;
        if (between && (config.read(at - PM_CTRL + PM_PMC, 2) & PM_CAP_D1 << wanted - 1) == 0) {
            throw new VfioException(Errno.EIO, act + "does not have it");
        }
    }

    private void change(int at, int now, int wanted) {
        boolean loses = losesState();
        if (wanted == D3_HOT && loses) {
            saved = ConfigState.of(config);
        }
        if (wanted == D0) {
            config.write(at, 2, 0); // as pci_power_up: no PME is enabled, no data selected, PME_Status left as it is
        } else {
            write(at, wanted);
        }
        int reached = config.read(at, 2) & PM_CTRL_STATE_MASK;
        if (reached != wanted) {
            state = reached;
            throw new VfioException(Errno.EIO, "enter power state D" + wanted + ": the function stays in D" + reached);
        }
        if (now == D3_HOT && wanted == D0 && saved != null) {
            saved.restore();
            saved = null;
        }
    }

    /** Writes the state bits alone; a one written to PME_Status would clear it. */
    private void write(int at, int wanted) {
        config.write(at, 2, config.read(at, 2) & ~(PM_CTRL_STATE_MASK | PM_CTRL_PME_STATUS) | wanted);
    }

    /**
     * Goes to D3hot and back, which resets a function that loses its state (pci_pm_reset, drivers/pci/pci.c).
     *
     * @throws VfioException ENOTTY where it does not lose it; EINVAL where it is not in D0
     */
    public synchronized void cycle() {
        int at = control().orElseThrow(() -> new VfioException(Errno.ENOTTY, "reset by power: no power management"));
        int now = config.read(at, 2);
        if ((now & PM_CTRL_NO_SOFT_RESET) != 0) {
            throw new VfioException(Errno.ENOTTY, "reset by power: the function keeps its state (No_Soft_Reset)");
        }
        if ((now & PM_CTRL_STATE_MASK) != D0) {
            throw new VfioException(Errno.EINVAL,
                    "reset by power: the function is in D" + (now & PM_CTRL_STATE_MASK) + ", not in D0");
        }
        write(at, D3_HOT);
        write(at, D0);
        state = D0;
    }
}
