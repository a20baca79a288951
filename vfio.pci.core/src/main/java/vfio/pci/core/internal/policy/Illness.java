// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.policy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;
import vfio.core.driver.DriverWorker.Misdeeds;
import vfio.pci.core.internal.slot.FunctionSlot;
import vfio.pci.core.internal.slot.FunctionSlot.Bound;
import vfio.pci.core.internal.slot.RegisteredDriver;

/**
 * The signs that a build's drivers do not work, since an update to it has begun: misdeeds of their calls, and their own word.
 * An errno that a driver answers on purpose is no sign.
 */
final class Illness {
    /** The misdeeds of before the update: a driver that is staged may have been here. */
    private final Map<DriverWorker, Long> before = new ConcurrentHashMap<>();
    /** The functions that a driver is still to be asked for. */
    private final Set<FunctionSlot> unasked = ConcurrentHashMap.newKeySet();
    private volatile String word;

    /** Takes the misdeeds of a driver until now for those of before the update. */
    void begin(RegisteredDriver driver) {
        before.put(driver.worker(), driver.worker().misdeeds().count());
    }

    /** Notes a function that has gone over: its driver is asked whether it works. */
    void toAsk(FunctionSlot slot) {
        unasked.add(slot);
    }

    void forget(FunctionSlot slot) {
        unasked.remove(slot);
    }

    /**
     * Returns what is wrong with one of the drivers; asks each once for each of its functions.
     *
     * @param had whether functions have gone over
     */
    Optional<String> signs(List<RegisteredDriver> here, boolean had) {
        if (here.isEmpty() && had) {
            return Optional.of("its drivers have left");
        }
        for (FunctionSlot slot : unasked) {
            if (unasked.remove(slot)) {
                ask(slot);
            }
        }
        for (RegisteredDriver driver : here) {
            Optional<String> sign = sign(driver);
            if (sign.isPresent()) {
                return sign;
            }
        }
        return Optional.ofNullable(word);
    }

    /** Returns what is wrong with a driver; empty while nothing is. */
    Optional<String> sign(RegisteredDriver driver) {
        Misdeeds misdeeds = driver.worker().misdeeds();
        long known = before.getOrDefault(driver.worker(), 0L);
        return misdeeds.count() > known ? Optional.of(driver + ": " + misdeeds.latest()) : Optional.ofNullable(word);
    }

    private void ask(FunctionSlot slot) {
        Bound bound = slot.bound();
        if (bound != null) {
            try {
                if (!bound.assembly().healthy()) {
                    word = bound.driver() + " says that it does not work for " + slot.name();
                }
            } catch (VfioException e) { // counts as a misdeed, unless the driver refused with an errno
                System.getLogger(Illness.class.getName()).log(System.Logger.Level.WARNING, e.getMessage());
            }
        }
    }
}
