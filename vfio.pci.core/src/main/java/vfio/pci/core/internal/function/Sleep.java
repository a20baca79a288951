// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import vfio.core.EventSignal;
import vfio.pci.core.internal.irq.Interrupts;
import vfio.pci.core.internal.irq.Signals;
import vfio.pci.core.internal.power.LowPower;
import vfio.pci.core.internal.power.PowerState;

/** How an open function goes to sleep for its user, and wakes; as long as it is open. */
final class Sleep {
    private final OpenFunction function;
    private final String name;
    private final LowPower lowPower = new LowPower();
    private final LowPower.Hardware hardware;

    Sleep(OpenFunction function, String name, PowerState power, Interrupts interrupts) {
        this.function = function;
        this.name = name;
        hardware = new LowPower.Hardware() {
            @Override
            public boolean maySleep() {
                return !power.held();
            }

            @Override
            public void power(int state) {
                power.enter(state);
            }

            @Override
            public boolean maskIntx() {
                return interrupts.maskIntx();
            }

            @Override
            public void unmaskIntx() {
                interrupts.unmaskIntx();
            }
        };
    }

    /** Whether mappings stay away. */
    boolean engaged() {
        return lowPower.engaged();
    }

    /** Lets the function sleep; {@code signal} is given when it wakes, null for none. */
    void enter(EventSignal signal) {
        locked(() -> {
            lowPower.enter(name, signal, hardware);
            function.zapMappings();
        });
    }

    void exit() {
        locked(() -> lowPower.exit(hardware));
    }

    /** What kept it awake is over: it sleeps again where its user wants that. */
    void resumeRest() {
        locked(() -> lowPower.rest(hardware));
    }

    /** Wakes a function that sleeps; its user is told where that was asked for. */
    boolean wake() {
        if (!lowPower.asleep()) {
            return false;
        }
        EventSignal[] signal = new EventSignal[1];
        locked(() -> signal[0] = lowPower.resume(hardware));
        Signals.send(signal[0]);
        return true;
    }

    private void locked(Runnable act) {
        function.lockMemory();
        try {
            act.run();
        } finally {
            function.unlockMemory();
        }
    }
}
