// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static vfio.pci.core.id.PciRegisters.CAPABILITY_LIST;
import static vfio.pci.core.id.PciRegisters.CAP_ID_MSI;
import static vfio.pci.core.id.PciRegisters.CAP_ID_MSIX;
import static vfio.pci.core.id.PciRegisters.CAP_LIST_ID;
import static vfio.pci.core.id.PciRegisters.CAP_LIST_NEXT;
import static vfio.pci.core.id.PciRegisters.INTERRUPT_PIN;
import static vfio.pci.core.id.PciRegisters.MSIX_FLAGS;
import static vfio.pci.core.id.PciRegisters.MSIX_FLAGS_QSIZE;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS;
import static vfio.pci.core.id.PciRegisters.MSI_FLAGS_QMASK;
import static vfio.testkit.Facts.notChecked;
import static vfio.testkit.Facts.refusal;
import static vfio.testkit.Facts.require;
import static vfio.testkit.Facts.wrong;

import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.core.device.Region;
import vfio.core.info.IrqInfo;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.id.RegionIndex;

/** Interrupts: INTx 0, MSI 1, MSI-X 2, ERR 3, REQ 4. */
interface InterruptFacts extends Facts {
    /** More vectors than this teach nothing. */
    int MOST = 64;
    String SET = "pass what is not yours to super.setIrqs(request), whole and unchanged";

    @Test
    default void irqInfoIsThatOfConfigurationSpace() {
        try (DeviceHandle handle = open()) {
            int irqs = handle.info().irqs();
            require(irqs >= IrqIndex.NUM_IRQS, "info tells of " + irqs + " interrupt indices",
                    "a PCI device has 5; take super.info()");
            for (int index = 0; index < irqs; index++) {
                int i = index;
                if (index != IrqIndex.ERR || refusal(() -> handle.irqInfo(i)) == null) {
                    coherent(handle.irqInfo(index), index, expected(handle.region(RegionIndex.CONFIG), index));
                }
            }
            require(refusal(() -> handle.irqInfo(irqs)) == Errno.EINVAL, "interrupt index " + irqs
                    + " answers, and info tells of "
                    + irqs + " indices", "take super.info() and super.irqInfo(index)");
        }
    }

    private static void coherent(IrqInfo info, int index, int count) {
        String said = "interrupt index " + index + " answers " + info;
        String advice = "take super.irqInfo(index); what a capability in configuration space says is what there is";
        require(info.index() == index, said, advice);
        require(info.count() == count, said + ", and configuration space tells of " + count, advice);
        require((info.flags() & IrqInfo.EVENTFD) != 0, said + " without EVENTFD", advice);
        int masking = IrqInfo.MASKABLE | IrqInfo.AUTOMASKED;
        require((info.flags() & masking) == (index == IrqIndex.INTX ? masking : 0),
                said + ": INTx alone is MASKABLE and AUTOMASKED", advice);
    }

    /** How many interrupts the configuration space that the user sees tells of. */
    private static int expected(Region config, int index) {
        return switch (index) {
            case IrqIndex.INTX -> config.read8(INTERRUPT_PIN) == 0 ? 0 : 1;
            case IrqIndex.MSI -> {
                int at = capability(config, CAP_ID_MSI);
                yield at == 0 ? 0 : 1 << ((config.read16(at + MSI_FLAGS) & MSI_FLAGS_QMASK) >> 1);
            }
            case IrqIndex.MSIX -> {
                int at = capability(config, CAP_ID_MSIX);
                yield at == 0 ? 0 : (config.read16(at + MSIX_FLAGS) & MSIX_FLAGS_QSIZE) + 1;
            }
            default -> 1;
        };
    }

    private static int capability(Region config, int id) {
        int at = config.read8(CAPABILITY_LIST) & 0xfc;
        for (int walked = 0; at != 0 && walked < 48; walked++) {
            if ((config.read8(at + CAP_LIST_ID) & 0xff) == id) {
                return at;
            }
            at = config.read8(at + CAP_LIST_NEXT) & 0xfc;
        }
        return 0;
    }

    @Test
    default void everyMsiVectorReachesItsSignal() {
        everyVectorReachesItsSignal(IrqIndex.MSI);
    }

    @Test
    default void everyMsixVectorReachesItsSignal() {
        everyVectorReachesItsSignal(IrqIndex.MSIX);
    }

    private void everyVectorReachesItsSignal(int index) {
        try (DeviceHandle handle = open()) {
            Wires wires = wired(handle, index);
            for (int vector = 0; vector < wires.vectors(); vector++) {
                set(handle, IrqRequest.fire(index, vector, 1));
                only(wires, vector, 1, "was fired by its user");
                rig().raise(vector);
                only(wires, vector, 2, "was raised by the function");
            }
        }
    }

    /** Vectors up to this one have their two signals, those behind it none. */
    private static void only(Wires wires, int vector, int count, String event) {
        for (int i = 0; i < wires.vectors(); i++) {
            int expected = i < vector ? 2 : i == vector ? count : 0;
            require(wires.count(i) == expected, "vector " + vector + " of index " + wires.index() + " " + event
                    + ", and the signals of its vectors have come " + wires + " times", SET);
        }
    }

    private Wires wired(DeviceHandle handle, int index) {
        int count = refusal(() -> handle.irqInfo(index)) == null ? handle.irqInfo(index).count() : 0;
        if (count <= 0) {
            return notChecked("the device has no interrupts of index " + index);
        }
        int there = expected(handle.region(RegionIndex.CONFIG), index);
        try {
            return Wires.of(handle, index, Math.min(MOST, Math.min(count, there)));
        } catch (VfioException e) {
            return wrong("signals for interrupt index " + index + " were refused: " + e.getMessage(), SET);
        }
    }

    private static void set(DeviceHandle handle, IrqRequest request) {
        try {
            handle.setIrqs(request);
        } catch (VfioException e) {
            wrong("a request that is right was refused: " + e.getMessage(), SET);
        }
    }

    @Test
    default void intxIsMaskedWhenItFiresUntilItIsUnmasked() {
        try (DeviceHandle handle = open()) {
            Wires wires = wired(handle, IrqIndex.INTX);
            rig().assertIntx(true);
            intx(wires, 1, "INTx was asserted");
            set(handle, IrqRequest.unmask(IrqIndex.INTX, 0, 1));
            intx(wires, 2, "INTx was unmasked while it was asserted");
            rig().assertIntx(false);
            set(handle, IrqRequest.unmask(IrqIndex.INTX, 0, 1));
            set(handle, IrqRequest.mask(IrqIndex.INTX, 0, 1));
            rig().assertIntx(true);
            intx(wires, 2, "INTx was asserted while its user had it masked");
            set(handle, IrqRequest.unmask(IrqIndex.INTX, 0, 1));
            intx(wires, 3, "INTx was unmasked while it was asserted");
        } finally {
            rig().assertIntx(false);
        }
    }

    private void intx(Wires wires, int count, String event) {
        require(comes(() -> wires.count(0) == count), event + ", and its signal has come " + wires.count(0)
                + " times and not "
                + count, "pass ACTION_MASK and ACTION_UNMASK to super.setIrqs(request), too");
    }

    @Test
    default void noInterruptComesAfterItsDisable() {
        try (DeviceHandle handle = open()) {
            int checked = 0;
            for (int index : new int[] {IrqIndex.INTX, IrqIndex.MSI, IrqIndex.MSIX}) {
                if (handle.irqInfo(index).count() > 0 && expected(handle.region(RegionIndex.CONFIG), index) > 0) {
                    quietAfterDisable(handle, index);
                    checked++;
                }
            }
            if (checked == 0) {
                notChecked("the function has no interrupts");
            }
        } finally {
            rig().assertIntx(false);
        }
    }

    private void quietAfterDisable(DeviceHandle handle, int index) {
        Wires wires;
        try {
            wires = Wires.of(handle, index, 1);
        } catch (VfioException e) {
            require(index == IrqIndex.INTX,
                    "index " + index + " was refused after another had been disabled: " + e.getMessage(),
                    "pass the request of count 0 without data to super.setIrqs(request): it gives the vectors back");
            notChecked("INTx cannot be had: " + e.getMessage());
            return;
        }
        set(handle, IrqRequest.disable(index));
        if (index == IrqIndex.INTX) {
            rig().assertIntx(true);
        } else {
            rig().raise(0);
        }
        require(wires.all(0), "an interrupt of index " + index + " came after it was disabled",
                "pass the request of count 0 without data to super.setIrqs(request): it gives the vectors back");
    }
}
