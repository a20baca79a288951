// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static vfio.pci.core.id.IrqIndex.INTX;

import org.junit.jupiter.api.function.Executable;
import vfio.core.Errno;
import vfio.core.EventCounter;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.pci.core.fake.FakeLines;
import vfio.pci.core.internal.irq.Interrupts.Counts;

/** Interrupts of a function with a pin, for tests. */
class OpenedIntx {
    FakeLines lines;
    Interrupts interrupts;
    final EventCounter events = new EventCounter();

    void open(boolean maskable) {
        lines = new FakeLines(maskable);
        interrupts = new Interrupts(new Counts(true, 4, 8, true), lines, lines.mask());
    }

    void enabled(boolean maskable) {
        open(maskable);
        interrupts.set(IrqRequest.trigger(INTX, 0, events));
    }

    static Errno errno(Executable act) {
        return assertThrows(VfioException.class, act).errno();
    }
}
