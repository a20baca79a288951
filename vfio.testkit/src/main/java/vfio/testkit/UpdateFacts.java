// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static vfio.testkit.Facts.notChecked;
import static vfio.testkit.Facts.refusal;
import static vfio.testkit.Facts.require;
import static vfio.testkit.Facts.wrong;

import java.lang.ref.WeakReference;
import java.util.List;
import org.junit.jupiter.api.Test;
import vfio.core.VfioException;
import vfio.pci.core.PciBinding;

/** The driver's bundle is replaced: its binding goes, and that of a new instance comes. */
interface UpdateFacts extends Facts {

    @Test
    default void aNewInstanceTakesTheFunctionOver() {
        open().close();
        refusal(() -> rig().unbind());
        try {
            rig().bind();
            rig().open().close();
        } catch (VfioException e) {
            wrong("a new instance of the driver does not take over from one that was removed: " + e.getMessage(),
                    "keep in static fields nothing of a function, and give back in remove what probe took");
        }
    }

    @Test
    default void nothingOfTheOldBindingIsReachable() {
        require(Facts.collected(removed().trace()), "something still reaches the old binding after its remove",
                "drop it from static "
                + "fields, thread locals, timers and listeners in remove; else every version of the bundle stays in memory");
    }

    @Test
    default void theOldBindingTouchesNothingAfterItsRemove() {
        Old old = removed();
        if (!Facts.collected(old.trace())) {
            notChecked("the old binding stays reachable");
        }
        List<String> late = old.watch().late();
        require(late.isEmpty(), "after remove the driver still used " + late,
                "end in remove what still works for the function, "
                + "and wait for it");
    }

    /** What is left of a binding: a trace, and what was seen of it. */
    record Old(WeakReference<PciBinding> trace, Watch watch) {
    }

    /** A binding that was used and removed; a new one has its place. */
    private Old removed() {
        try {
            rig().bind();
            rig().open().close();
            Old old = new Old(rig().trace(), rig().watch());
            rig().rebind();
            return old;
        } catch (VfioException e) {
            return notChecked("the driver does not bind, open and bind again: " + e.getMessage());
        }
    }
}
