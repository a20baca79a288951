// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.function;

import java.util.function.Supplier;
import vfio.core.EventSignal;
import vfio.core.VfioException;
import vfio.pci.core.internal.power.LowPower;

/**
 * The sleep of an open function, which its user begins and ends. Acts run under the memory lock; users are called without it.
 */
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

    /** Tells whether users' mappings stay away. */
    boolean engaged() {
        return lowPower.engaged();
    }

    /** Lets the function sleep; {@code signal} is given when it wakes, null for no signal. */
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

    /** Ends the sleep of a function that is being closed: its user is told of nothing any more. */
    void end() {
        try {
            locked(() -> lowPower.exit(hardware));
        } catch (VfioException e) {
            System.getLogger(Sleep.class.getName()).log(System.Logger.Level.WARNING,
                    name + " is closed asleep: " + e.getMessage());
        }
    }

    /** Lets the function sleep again where its user wants that, since what kept it awake is over. */
    void resumeRest() {
        locked(() -> lowPower.rest(hardware)).run();
    }

    /** Wakes a function that sleeps, and tells its user where that was asked for; returns false where it was awake. */
    boolean wake() {
        if (!lowPower.asleep()) {
            return false;
        }
        locked(() -> lowPower.resume(hardware)).run();
        return true;
    }

    /** Runs an act under the memory lock, and returns what is to be done without the lock. */
    private Runnable locked(Supplier<Runnable> act) {
        function.lockMemory();
        try {
            return act.get();
        } finally {
            function.unlockMemory();
        }
    }
}
