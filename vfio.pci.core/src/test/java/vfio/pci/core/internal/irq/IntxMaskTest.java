// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.pci.core.id.IrqIndex.INTX;

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
import vfio.pci.core.fake.FakeLines;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.internal.irq.Interrupts.Counts;

/** INTX as it masks itself, and is masked and unmasked: by its user, by an event, in the command register. */
class IntxMaskTest extends OpenedIntx {

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("C6-29") @Tag("C6-41")
    void firesOnceAndMasksItselfUntilItIsUnmasked(boolean maskable) {
        enabled(maskable);
        lines.line(true);
        assertEquals(1, events.take());
        assertEquals(maskable, lines.masked());
        lines.line(true);
        lines.line(false);
        lines.line(true);
        assertEquals(0, events.take(), "masked");
        lines.line(false);
        interrupts.set(IrqRequest.unmask(INTX, 0, 1));
        assertEquals(0, events.take(), "nothing is pending");
        assertFalse(lines.masked());
        lines.line(true);
        assertEquals(1, events.take());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("C6-96") @Tag("C6-97")
    void unmaskedWhileStillAssertedFiresAgainAndStaysMasked(boolean maskable) {
        enabled(maskable);
        lines.line(true);
        for (int i = 0; i < 3; i++) {
            assertEquals(1, events.take());
            interrupts.set(IrqRequest.unmask(INTX, 0, 1));
            assertEquals(maskable, lines.masked());
        }
        assertEquals(1, events.take());
        lines.line(true);
        assertEquals(0, events.take());
    }

    @Test
    @Tag("C6-22") @Tag("C6-98")
    void maskHoldsBackWhatIsRaisedUntilUnmasked() {
        enabled(true);
        interrupts.set(IrqRequest.mask(INTX, 0, 1));
        assertTrue(lines.masked());
        lines.line(true);
        assertEquals(0, events.take());
        interrupts.set(IrqRequest.unmask(INTX, 0, 1));
        assertEquals(1, events.take());
    }

    @Test
    @Tag("C6-26") @Tag("C6-27") @Tag("C6-31") @Tag("C6-32") @Tag("C6-48") @Tag("C6-49")
    void falseMasksAndUnmasksNothing() {
        enabled(true);
        interrupts.set(bool(IrqRequest.ACTION_MASK, false));
        assertFalse(lines.masked());
        interrupts.set(bool(IrqRequest.ACTION_MASK, true));
        assertTrue(lines.masked());
        interrupts.set(bool(IrqRequest.ACTION_UNMASK, false));
        assertTrue(lines.masked());
        interrupts.set(bool(IrqRequest.ACTION_UNMASK, true));
        assertFalse(lines.masked());
        interrupts.set(bool(IrqRequest.ACTION_TRIGGER, false));
        assertEquals(0, events.take());
        interrupts.set(bool(IrqRequest.ACTION_TRIGGER, true));
        assertEquals(1, events.take());
        assertFalse(lines.masked(), "loopback masks nothing");
    }

    private static IrqRequest bool(int action, boolean value) {
        return IrqRequest.of(action | IrqRequest.DATA_BOOL, INTX, 0, 1, new boolean[] {value}, new EventSignal[0]);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("C6-33")
    void eventUnmasksAndSignalsWhatIsStillAsserted(boolean maskable) {
        enabled(maskable);
        EventCounter unmask = new EventCounter();
        interrupts.set(IrqRequest.unmaskBy(INTX, unmask));
        lines.line(true);
        assertEquals(1, events.take());
        unmask.signal();
        assertEquals(1, events.take());
        lines.line(false);
        unmask.signal();
        assertEquals(0, events.take());
        assertEquals(0, unmask.take(), "the events were taken");
        lines.line(true);
        assertEquals(1, events.take());
    }

    @Test
    void eventThatWasThereBeforeUnmasksAtOnce() {
        enabled(true);
        lines.line(true);
        assertEquals(1, events.take());
        EventCounter unmask = new EventCounter();
        unmask.signal();
        interrupts.set(IrqRequest.unmaskBy(INTX, unmask));
        assertEquals(1, events.take());
    }

    @Test
    @Tag("C6-34") @Tag("C6-35")
    void secondUnmaskingSignalIsBusyUntilTheFirstIsTakenAwayOrClosed() {
        enabled(true);
        EventCounter first = new EventCounter();
        EventCounter second = new EventCounter();
        interrupts.set(IrqRequest.unmaskBy(INTX, first));
        assertEquals(Errno.EBUSY, errno(() -> interrupts.set(IrqRequest.unmaskBy(INTX, second))));
        assertEquals(Errno.EBUSY, errno(() -> interrupts.set(IrqRequest.unmaskBy(INTX, first))));
        interrupts.set(IrqRequest.unmaskBy(INTX, null));
        interrupts.set(IrqRequest.unmaskBy(INTX, null));
        interrupts.set(IrqRequest.unmaskBy(INTX, second));
        lines.line(true);
        first.signal();
        assertEquals(1, events.take(), "the first unmasks no more");
        second.close();
        EventCounter third = new EventCounter();
        interrupts.set(IrqRequest.unmaskBy(INTX, third));
        third.signal();
        assertEquals(1, events.take());
    }

    @Test
    void closedUnmaskingSignalIsEbadfAndOneThatOnlyCallsBackIsInvalid() {
        enabled(true);
        EventCounter closed = new EventCounter();
        closed.close();
        assertEquals(Errno.EBADF, errno(() -> interrupts.set(IrqRequest.unmaskBy(INTX, closed))));
        EventSignal callback = EventSignal.calling(() -> { });
        assertEquals(Errno.EINVAL, errno(() -> interrupts.set(IrqRequest.unmaskBy(INTX, callback))));
        EventCounter good = new EventCounter();
        interrupts.set(IrqRequest.unmaskBy(INTX, good));
        assertEquals(Errno.EBADF, errno(() -> interrupts.set(IrqRequest.unmaskBy(INTX, closed))), "before EBUSY");
    }

    @Test
    void unmaskingSignalEndsWithIntx() {
        enabled(true);
        EventCounter unmask = new EventCounter();
        interrupts.set(IrqRequest.unmaskBy(INTX, unmask));
        interrupts.set(IrqRequest.disable(INTX));
        interrupts.set(IrqRequest.trigger(INTX, 0, events));
        lines.line(true);
        assertEquals(1, events.take());
        unmask.signal();
        assertEquals(0, events.take());
        assertEquals(1, unmask.take(), "nobody listens any more");
        interrupts.set(IrqRequest.unmaskBy(INTX, new EventCounter()));
    }

    @Test
    void signalThatIsWiredToUnmaskItselfDoesNotRunForEver() {
        enabled(true);
        interrupts.set(IrqRequest.unmaskBy(INTX, events));
        lines.line(true);
        assertTrue(lines.masked());
    }

    @Test
    @Tag("C6-43")
    void enabledWithoutASignalMasksItselfAndFiresOnceThereIsOneAndItIsUnmasked() {
        open(true);
        interrupts.set(IrqRequest.trigger(INTX, 0, (EventSignal) null));
        assertEquals(Kind.INTX, lines.kind);
        lines.line(true);
        assertTrue(lines.masked());
        interrupts.set(IrqRequest.trigger(INTX, 0, events));
        assertEquals(0, events.take());
        interrupts.set(IrqRequest.unmask(INTX, 0, 1));
        assertEquals(1, events.take());
        interrupts.set(IrqRequest.trigger(INTX, 0, (EventSignal) null));
        interrupts.set(IrqRequest.fire(INTX, 0, 1));
        assertEquals(0, events.take(), "taken away");
        assertEquals(Kind.INTX, lines.kind);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("C6-99") @Tag("C6-100") @Tag("C6-101")
    void disabledByTheCommandRegisterSignalsNothingWhoeverAsks(boolean maskable) {
        enabled(maskable);
        interrupts.intxDisabled(true);
        interrupts.set(IrqRequest.unmask(INTX, 0, 1));
        assertEquals(maskable, lines.masked(), "only the register unmasks it");
        lines.line(true);
        interrupts.set(IrqRequest.unmask(INTX, 0, 1));
        interrupts.set(IrqRequest.fire(INTX, 0, 1));
        assertEquals(0, events.take());
        assertEquals(maskable, lines.masked());
        interrupts.intxDisabled(false);
        interrupts.unmaskIntx();
        assertEquals(1, events.take(), "it was pending");
        assertEquals(maskable, lines.masked());
        lines.line(false);
        interrupts.set(IrqRequest.unmask(INTX, 0, 1));
        interrupts.intxDisabled(true);
        interrupts.intxDisabled(false);
        interrupts.unmaskIntx();
        assertEquals(0, events.take());
        assertFalse(lines.masked());
    }

    /** What unmasks after the command register was written comes later than another write of it. */
    @Test
    void unmaskThatComesAfterAnotherDisableDoesNothing() {
        enabled(true);
        interrupts.intxDisabled(true);
        lines.line(true);
        interrupts.intxDisabled(false);
        assertEquals(0, events.take(), "not before it is unmasked");
        interrupts.intxDisabled(true);
        interrupts.unmaskIntx();
        assertEquals(0, events.take());
        assertTrue(lines.masked());
        interrupts.intxDisabled(false);
        interrupts.unmaskIntx();
        assertEquals(1, events.take());
    }

    @Test
    void hardwareFollowsTheCommandRegisterAlsoWhileIntxIsNotInUse() {
        open(true);
        interrupts.intxDisabled(true);
        assertTrue(lines.masked());
        lines.line(true);
        interrupts.set(IrqRequest.trigger(INTX, 0, events));
        assertEquals(0, events.take(), "it is enabled as it was: masked");
        assertTrue(lines.masked());
        interrupts.intxDisabled(false);
        interrupts.unmaskIntx();
        assertEquals(1, events.take());
        interrupts.set(IrqRequest.disable(INTX));
        interrupts.intxDisabled(true);
        interrupts.intxDisabled(false);
        interrupts.unmaskIntx();
        assertFalse(lines.masked());
        assertEquals(0, events.take());
    }

    @Test
    void enablingForgetsTheMaskOfTheUseBefore() {
        enabled(true);
        interrupts.set(IrqRequest.mask(INTX, 0, 1));
        interrupts.set(IrqRequest.disable(INTX));
        interrupts.set(IrqRequest.trigger(INTX, 0, events));
        assertFalse(lines.masked());
        lines.line(true);
        assertEquals(1, events.take());
    }

    @Test
    void suspendMasksOnlyWhatWasNotMaskedAndResumeSignalsWhatIsPending() {
        open(true);
        assertFalse(interrupts.maskIntx(), "not in use");
        interrupts.set(IrqRequest.trigger(INTX, 0, events));
        assertTrue(interrupts.maskIntx());
        assertFalse(interrupts.maskIntx());
        lines.line(true);
        assertEquals(0, events.take());
        interrupts.unmaskIntx();
        assertEquals(1, events.take());
        assertFalse(interrupts.maskIntx(), "it has masked itself: the user unmasks it");
        interrupts.set(IrqRequest.disable(INTX));
        interrupts.set(IrqRequest.trigger(IrqIndex.MSI, 0, events));
        assertFalse(interrupts.maskIntx());
    }

    /** The bus delivers it while it is still masked, after it was last looked at: nobody else would signal it. */
    @Test
    void lineThatRisesWhileItIsBeingUnmaskedFires() {
        lines = new FakeLines(false);
        IntxMask plain = lines.mask();
        AtomicReference<Runnable> afterLook = new AtomicReference<>(() -> { });
        IntxMask looked = new IntxMask() {
            @Override
            public boolean pending() {
                boolean pending = plain.pending();
                afterLook.getAndSet(() -> { }).run();
                return pending;
            }

            @Override
            public void set(boolean masked) {
                plain.set(masked);
            }

            @Override
            public boolean shareable() {
                return plain.shareable();
            }
        };
        interrupts = new Interrupts(new Counts(true, 4, 8, true), lines, looked);
        interrupts.set(IrqRequest.trigger(INTX, 0, events));
        interrupts.set(IrqRequest.mask(INTX, 0, 1));
        afterLook.set(() -> lines.line(true));
        interrupts.set(IrqRequest.unmask(INTX, 0, 1));
        assertEquals(1, events.take());
    }
}
