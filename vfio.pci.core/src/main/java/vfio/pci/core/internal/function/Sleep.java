// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.function.Supplier;
import vfio.core.EventSignal;
import vfio.core.VfioException;
import vfio.pci.core.internal.power.LowPower;

/** The sleep of an open function, at its user's word; under the memory lock, but for what calls users. */
final class Sleep {
    private final OpenRaw function;
    private final String name;
    private final LowPower.Hardware hardware;
    private final LowPower lowPower = new LowPower();

    Sleep(OpenRaw function, String name, LowPower.Hardware hardware) {
        this.function = function;
        this.name = name;
        this.hardware = hardware;
    }

    /** Whether mappings stay away. */
    boolean engaged() {
        return lowPower.engaged();
    }

    /** Lets the function sleep; {@code signal} is given when it wakes, null for none. */
    void enter(EventSignal signal) {
        locked(() -> {
            Runnable after = lowPower.enter(name, signal, hardware);
            function.zapMappings();
            return after;
        }).run();
    }

    void exit() {
        locked(() -> lowPower.exit(hardware)).run();
    }

    /** The function is closed, awake or not: its user is told of nothing any more. */
    void end() {
        try {
            locked(() -> lowPower.exit(hardware));
        } catch (VfioException e) {
            System.getLogger(Sleep.class.getName()).log(System.Logger.Level.WARNING,
                    name + " is closed asleep: " + e.getMessage());
        }
    }

    /** What kept it awake is over: it sleeps again where its user wants that. */
    void resumeRest() {
        locked(() -> lowPower.rest(hardware)).run();
    }

    /** Wakes a function that sleeps; its user is told where that was asked for. */
    boolean wake() {
        if (!lowPower.asleep()) {
            return false;
        }
        locked(() -> lowPower.resume(hardware)).run();
        return true;
    }

    /** Answers what is to be done without the lock. */
    private Runnable locked(Supplier<Runnable> act) {
        function.lockMemory();
        try {
            return act.get();
        } finally {
            function.unlockMemory();
        }
    }
}
