// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.user;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.device.DeviceHandle;
import vfio.pci.core.id.IrqIndex;

/** The interrupts that one open function has set up. They end with the function. */
final class Vectors implements Interrupt.Wiring, AutoCloseable {
    private static final List<String> NAMES = List.of("INTx", "MSI", "MSI-X", "ERR", "REQ");

    private final DeviceHandle device;
    /**
     * The interrupts set up now, changed under this object's lock, which the thread that revokes the device does not take.
     */
    private final List<Interrupt> live = new CopyOnWriteArrayList<>();

    Vectors(DeviceHandle device) {
        this.device = device;
        device.onGone(this::wake);
    }

    /** Ends the counters: a thread that waits for an interrupt of a function that is gone gets ENODEV. */
    private void wake() {
        live.forEach(interrupt -> interrupt.counter().close());
    }

    @Override
    public String text(Interrupt interrupt) {
        return NAMES.get(interrupt.index()) + " " + interrupt.vector() + " of " + device.deviceName();
    }

    List<Interrupt> set(int index, int count) {
        return set(index, count, Interrupt::counter);
    }

    /** Sets interrupts up, each with a signal that is given when it comes. */
    synchronized List<Interrupt> set(int index, int count, Function<Interrupt, EventSignal> signal) {
        String act = "set up " + count + " of " + NAMES.get(index) + " of " + device.deviceName();
        int available = device.irqInfo(index).count();
        if (count < 1 || count > available) {
            throw new VfioException(Errno.EINVAL, act + ": the function has " + available);
        }
        if (live.stream().anyMatch(interrupt -> interrupt.index() == index)) {
            throw new VfioException(Errno.EBUSY, act + ": they are set up; close those first");
        }
        List<Interrupt> made = new ArrayList<>();
        for (int vector = 0; vector < count; vector++) {
            made.add(new Interrupt(this, index, vector));
        }
        EventSignal[] signals = made.stream().map(signal).toArray(EventSignal[]::new);
        int fewer = device.setIrqs(IrqRequest.trigger(index, 0, signals));
        if (fewer > 0) {
            throw new VfioException(Errno.ENOSPC, act + ": the host has " + fewer + " now; ask for no more");
        }
        live.addAll(made);
        if (!device.isOpen()) { // the device's end may have missed these interrupts
            wake();
        }
        return List.copyOf(made);
    }

    @Override
    public void request(IrqRequest request) {
        device.setIrqs(request);
    }

    /** Gives an interrupt back; with the last of its kind the kind is given back, so that another can be set up. */
    @Override
    public synchronized void release(Interrupt interrupt) {
        if (!live.remove(interrupt)) {
            return;
        }
        int index = interrupt.index();
        boolean last = live.stream().noneMatch(other -> other.index() == index);
        try {
            device.setIrqs(last && index <= IrqIndex.MSIX ? IrqRequest.disable(index)
                    : IrqRequest.trigger(index, interrupt.vector(), (EventSignal) null));
        } catch (VfioException e) {
            if (e.errno() != Errno.ENODEV) { // else the interrupt is gone with the device
                throw e;
            }
        } finally {
            interrupt.counter().close();
        }
    }

    /** Ends all interrupts after the device was closed: threads that wait for one get ENODEV. */
    @Override
    public synchronized void close() {
        wake();
        live.clear();
    }
}
