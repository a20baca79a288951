// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.pci.core.id.IrqIndex.INTX;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.EventCounter;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.pci.core.bus.InterruptLines.Kind;
import vfio.pci.core.bus.InterruptLines.Sink;
import vfio.pci.core.id.IrqIndex;

/** INTX as it is enabled, signalled and given back. */
class IntxTest extends OpenedIntx {

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void lineThatIsAssertedWhenItIsEnabledFiresWithoutTheLock(boolean maskable) {
        open(maskable);
        lines.line(true);
        AtomicReference<Boolean> locked = new AtomicReference<>();
        interrupts.set(IrqRequest.trigger(INTX, 0, EventSignal.calling(() -> locked.set(holdsLock()))));
        assertEquals(false, locked.get());
    }

    /** Whether this thread holds the lock of what users set: then another cannot change anything meanwhile. */
    private boolean holdsLock() {
        AtomicInteger done = new AtomicInteger();
        Thread other = new Thread(() -> {
            interrupts.set(IrqRequest.trigger(IrqIndex.REQ, 0, new EventCounter()));
            done.incrementAndGet();
        });
        other.setDaemon(true);
        other.start();
        try {
            other.join(10_000);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return done.get() == 0;
    }

    @Test
    @Tag("C6-46")
    void loopbackAndResignalRunWithoutTheLock() {
        AtomicInteger free = new AtomicInteger();
        open(true);
        interrupts.set(IrqRequest.trigger(INTX, 0, EventSignal.calling(() -> free.addAndGet(holdsLock() ? 0 : 1))));
        interrupts.set(IrqRequest.fire(INTX, 0, 1));
        assertEquals(1, free.get());
        lines.line(true);
        assertEquals(2, free.get());
        interrupts.set(IrqRequest.unmask(INTX, 0, 1));
        assertEquals(3, free.get());
    }

    @Test
    void otherSignalThatIsClosedLeavesTheFormer() {
        enabled(true);
        EventCounter closed = new EventCounter();
        closed.close();
        assertEquals(Errno.EBADF, errno(() -> interrupts.set(IrqRequest.trigger(INTX, 0, closed))));
        lines.line(true);
        assertEquals(1, events.take());
    }

    @Test
    @Tag("C6-102") @Tag("C6-103")
    void functionThatCannotBeMaskedGetsNoSharedLine() {
        open(false);
        lines.shared = true;
        assertEquals(Errno.EBUSY, errno(() -> interrupts.set(IrqRequest.trigger(INTX, 0, events))));
        assertEquals(List.of(), lines.acts);
        open(true);
        lines.shared = true;
        interrupts.set(IrqRequest.trigger(INTX, 0, events));
    }

    @Test
    void pinThatLeadsNowhereIsEnodev() {
        open(true);
        lines.available.put(Kind.INTX, 0);
        assertEquals(Errno.ENODEV, errno(() -> interrupts.set(IrqRequest.trigger(INTX, 0, events))));
    }

    @Test
    void busThatRefusesLeavesNothingInUse() {
        open(true);
        lines.broken = true;
        assertEquals(Errno.EIO, errno(() -> interrupts.set(IrqRequest.trigger(INTX, 0, events))));
        lines.broken = false;
        assertEquals(Errno.EINVAL, errno(() -> interrupts.set(IrqRequest.disable(INTX))));
        interrupts.set(IrqRequest.trigger(INTX, 0, events));
        lines.line(true);
        assertEquals(1, events.take());
    }

    @Test
    void hardwareThatIsGoneKeepsNothingFromBeingGivenBack() {
        enabled(true);
        lines.broken = true;
        lines.line(true);
        assertEquals(0, events.take());
        interrupts.set(IrqRequest.mask(INTX, 0, 1));
        interrupts.set(IrqRequest.unmask(INTX, 0, 1));
        interrupts.set(IrqRequest.disable(INTX));
        lines.broken = false;
        interrupts.set(IrqRequest.trigger(INTX, 0, events));
        assertEquals(1, events.take());
        assertTrue(lines.masked(), "the mask follows again");
    }

    @Test
    void signalThatThrowsStopsNobody() {
        open(true);
        interrupts.set(IrqRequest.trigger(INTX, 0, EventSignal.calling(() -> {
            throw new NoClassDefFoundError("user/Gone");
        })));
        lines.line(true);
        interrupts.set(IrqRequest.fire(INTX, 0, 1));
        interrupts.set(IrqRequest.unmask(INTX, 0, 1));
        interrupts.set(IrqRequest.disable(INTX));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("C6-95")
    void isMaskedBeforeItIsSignalled(boolean maskable) {
        open(maskable);
        List<Boolean> masked = new ArrayList<>();
        interrupts.set(IrqRequest.trigger(INTX, 0, EventSignal.calling(() -> {
            masked.add(lines.masked());
            lines.line(true);
        })));
        lines.line(true);
        assertEquals(List.of(maskable), masked, "once");
    }

    @Test
    @Tag("C6-42")
    void otherSignalReplacesTheFormer() {
        enabled(true);
        EventCounter other = new EventCounter();
        interrupts.set(IrqRequest.trigger(INTX, 0, other));
        lines.line(true);
        assertEquals(0, events.take());
        assertEquals(1, other.take());
        assertEquals(List.of("connect INTX 1"), lines.acts);
    }

    @Test
    @Tag("C6-37")
    void disableEndsItAndAnotherMayBeUsed() {
        enabled(true);
        interrupts.set(IrqRequest.disable(INTX));
        lines.line(true);
        assertEquals(0, events.take());
        assertEquals(List.of("connect INTX 1", "disconnect"), lines.acts);
        interrupts.set(IrqRequest.trigger(IrqIndex.MSI, 0, events));
    }

    @Test
    void whatTheBusHadBegunToDeliverFindsNobody() {
        open(true);
        AtomicReference<Sink> begun = new AtomicReference<>();
        lines.onConnect = () -> begun.set(lines.sink());
        interrupts.set(IrqRequest.trigger(INTX, 0, events));
        lines.onConnect = () -> { };
        interrupts.set(IrqRequest.disable(INTX));
        interrupts.set(IrqRequest.trigger(INTX, 0, new EventCounter()));
        lines.quiet(true);
        begun.get().asserted();
        assertFalse(lines.masked(), "the use that has ended masks nothing");
        assertEquals(0, events.take());
    }

    @Test
    void callbackMayDisableWhatCallsIt() {
        open(true);
        AtomicInteger calls = new AtomicInteger();
        interrupts.set(IrqRequest.trigger(INTX, 0, EventSignal.calling(() -> {
            calls.incrementAndGet();
            interrupts.set(IrqRequest.disable(INTX));
        })));
        lines.line(true);
        assertEquals(1, calls.get());
        assertEquals(List.of("connect INTX 1", "disconnect"), lines.acts);
    }
}
