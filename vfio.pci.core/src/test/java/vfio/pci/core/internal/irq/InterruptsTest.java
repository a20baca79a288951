// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.core.IrqRequest.ACTION_MASK;
import static vfio.core.IrqRequest.ACTION_TRIGGER;
import static vfio.core.IrqRequest.ACTION_UNMASK;
import static vfio.core.IrqRequest.DATA_BOOL;
import static vfio.core.IrqRequest.DATA_EVENTFD;
import static vfio.core.IrqRequest.DATA_NONE;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.EventSignal;
import vfio.core.IrqInfo;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.pci.core.bus.InterruptLines.Kind;
import vfio.pci.core.bus.InterruptLines.Sink;

class InterruptsTest {
    private static final int INTX = Interrupts.INTX;
    private static final int MSI = Interrupts.MSI;
    private static final int MSIX = Interrupts.MSIX;
    private static final int ERR = Interrupts.ERR;
    private static final int REQ = Interrupts.REQ;

    private final FakeLines lines = new FakeLines();
    private final Interrupts interrupts = interrupts(true);
    private final AtomicInteger fired = new AtomicInteger();
    private final EventSignal signal = EventSignal.calling(fired::incrementAndGet);

    /** A signal that a test gives, and that can be closed. */
    private static final class Event implements EventSignal {
        private final List<Runnable> listeners = new ArrayList<>();
        private boolean closed;

        @Override
        public void signal() {
            List.copyOf(listeners).forEach(Runnable::run);
        }

        @Override
        public boolean usable() {
            return !closed;
        }

        @Override
        public AutoCloseable listen(Runnable onSignal) {
            listeners.add(onSignal);
            return () -> listeners.remove(onSignal);
        }
    }

    private Interrupts interrupts(boolean express) {
        return new Interrupts(new Interrupts.Counts(true, 32, 64, express), lines, lines);
    }

    private int set(int flags, int index, int start, int count, Object data) {
        boolean[] values = data instanceof Boolean value ? new boolean[] {value} : new boolean[count];
        EventSignal[] signals = new EventSignal[count];
        if (data instanceof EventSignal given) {
            Arrays.fill(signals, given);
        }
        IrqRequest request = IrqRequest.of(flags, index, start, count, values, signals);
        request.check(Interrupts.INDICES, interrupts.info(index).count());
        return interrupts.set(request);
    }

    private Errno errno(int flags, int index, int start, int count, Object data) {
        return assertThrows(VfioException.class, () -> set(flags, index, start, count, data)).errno();
    }

    private void wire(int index, int start, int count) {
        assertEquals(0, set(ACTION_TRIGGER | DATA_EVENTFD, index, start, count, signal));
    }

    @ParameterizedTest
    @CsvSource({"0,1,7", "1,32,9", "2,64,1", "3,1,9", "4,1,9"})
    @Tag("C5-1") @Tag("C5-2") @Tag("C5-3") @Tag("C5-5") @Tag("C5-15") @Tag("C5-17")
    void infoTellsCountAndFlags(int index, int count, int flags) {
        assertEquals(new IrqInfo(index, flags, count), interrupts.info(index));
    }

    @Test
    @Tag("C5-4")
    void msixWithoutDynamicVectorsCannotGrow() {
        lines.dynamic = false;
        assertEquals(9, interrupts.info(MSIX).flags());
    }

    @ParameterizedTest
    @ValueSource(ints = {5, -1, Integer.MIN_VALUE})
    @Tag("C5-18")
    void unknownIndexIsEinval(int index) {
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> interrupts.info(index)).errno());
    }

    @Test
    @Tag("C5-16")
    void errIsOfExpressDevicesAlone() {
        Interrupts conventional = interrupts(false);
        assertEquals(Errno.EINVAL, assertThrows(VfioException.class, () -> conventional.info(ERR)).errno());
        assertEquals(Errno.ENOTTY, assertThrows(VfioException.class,
                () -> conventional.set(IrqRequest.trigger(ERR, 0, signal))).errno());
    }

    /** What an index has no action for, whatever is in use. */
    @ParameterizedTest
    @CsvSource({"1,8", "1,16", "2,8", "2,16", "3,8", "3,16", "4,8", "4,16", "0,0", "1,0", "2,0", "3,0", "4,0", "0,24", "1,40",
            "2,48", "3,56", "4,24"})
    @Tag("C6-14") @Tag("C6-15") @Tag("C6-67") @Tag("C6-68") @Tag("C6-69") @Tag("C6-83")
    void noActionOrSeveralOrAForeignOneIsEnotty(int index, int action) {
        for (int data : new int[] {DATA_NONE, DATA_BOOL, DATA_EVENTFD}) {
            assertEquals(Errno.ENOTTY, errno(action | data, index, 0, 1, data == DATA_EVENTFD ? signal : true));
        }
    }

    /** Of INTx while it is not in use: flags, count. */
    @ParameterizedTest
    @CsvSource({"9,1", "10,1", "12,1", "17,1", "18,1", "20,1", "33,0", "33,1", "34,1"})
    @Tag("C6-23") @Tag("C6-30") @Tag("C6-38") @Tag("C6-47")
    void intxThatIsNotInUseIsEinval(int flags, int count) {
        assertEquals(Errno.EINVAL, errno(flags, INTX, 0, count, (flags & DATA_EVENTFD) != 0 ? signal : true));
    }

    @ParameterizedTest
    @CsvSource({"9,0", "10,0", "12,0", "17,0", "18,0", "20,0", "34,0", "36,0"})
    @Tag("C6-25") @Tag("C6-40")
    void intxIsOneInterrupt(int flags, int count) {
        wire(INTX, 0, 1);
        assertEquals(Errno.EINVAL, errno(flags, INTX, 0, count, null));
    }

    @Test
    @Tag("C6-28")
    void intxIsMaskedByNoSignal() {
        wire(INTX, 0, 1);
        assertEquals(Errno.ENOTTY, errno(ACTION_MASK | DATA_EVENTFD, INTX, 0, 1, signal));
    }

    @Test
    @Tag("C6-29") @Tag("C6-41") @Tag("C6-96")
    void intxMasksItselfUntilTheUserUnmasks() {
        wire(INTX, 0, 1);
        lines.line(true);
        assertEquals(1, fired.get());
        assertTrue(lines.masked());
        lines.line(true);
        assertEquals(1, fired.get());
        lines.line(false);
        set(ACTION_UNMASK | DATA_NONE, INTX, 0, 1, null);
        assertFalse(lines.masked());
        assertEquals(1, fired.get());
        lines.line(true);
        assertEquals(2, fired.get());
    }

    @Test
    @Tag("C6-31") @Tag("C6-32") @Tag("C6-97")
    void intxThatIsStillAssertedFiresAgainWhenUnmasked() {
        wire(INTX, 0, 1);
        lines.line(true);
        set(ACTION_UNMASK | DATA_BOOL, INTX, 0, 1, true);
        assertEquals(2, fired.get());
        assertTrue(lines.masked());
        set(ACTION_UNMASK | DATA_BOOL, INTX, 0, 1, false);
        assertEquals(2, fired.get());
    }

    @Test
    @Tag("C6-22") @Tag("C6-27") @Tag("C6-98")
    void maskedIntxDoesNotFire() {
        wire(INTX, 0, 1);
        set(ACTION_MASK | DATA_BOOL, INTX, 0, 1, false);
        assertFalse(lines.masked());
        set(ACTION_MASK | DATA_NONE, INTX, 0, 1, null);
        lines.line(true);
        assertEquals(0, fired.get());
        set(ACTION_UNMASK | DATA_NONE, INTX, 0, 1, null);
        assertEquals(1, fired.get());
    }

    @Test
    @Tag("C6-33") @Tag("C6-34") @Tag("C6-35")
    void intxIsUnmaskedByASignal() {
        Event unmask = new Event();
        wire(INTX, 0, 1);
        set(ACTION_UNMASK | DATA_EVENTFD, INTX, 0, 1, unmask);
        assertEquals(Errno.EBUSY, errno(ACTION_UNMASK | DATA_EVENTFD, INTX, 0, 1, new Event()));
        lines.line(true);
        lines.line(false);
        unmask.signal();
        assertFalse(lines.masked());
        set(ACTION_UNMASK | DATA_EVENTFD, INTX, 0, 1, null);
        assertEquals(List.of(), unmask.listeners);
        set(ACTION_UNMASK | DATA_EVENTFD, INTX, 0, 1, unmask);
        interrupts.close();
        assertEquals(List.of(), unmask.listeners);
    }

    @Test
    void signalThatCannotBeListenedToUnmasksNothing() {
        wire(INTX, 0, 1);
        assertEquals(Errno.EINVAL, errno(ACTION_UNMASK | DATA_EVENTFD, INTX, 0, 1, signal));
    }

    @Test
    @Tag("C6-46") @Tag("C6-48") @Tag("C6-49")
    void intxIsLoopedBack() {
        wire(INTX, 0, 1);
        set(ACTION_TRIGGER | DATA_NONE, INTX, 0, 1, null);
        set(ACTION_TRIGGER | DATA_BOOL, INTX, 0, 1, true);
        set(ACTION_TRIGGER | DATA_BOOL, INTX, 0, 1, false);
        assertEquals(2, fired.get());
    }

    @Test
    @Tag("C6-37") @Tag("C6-43")
    void intxChangesItsSignalAndEnds() {
        wire(INTX, 0, 1);
        set(ACTION_TRIGGER | DATA_EVENTFD, INTX, 0, 1, null);
        lines.line(true);
        assertEquals(0, fired.get());
        assertEquals(Kind.INTX, lines.kind);
        set(ACTION_TRIGGER | DATA_NONE, INTX, 0, 0, null);
        assertEquals(List.of("connect INTX 1", "disconnect"), lines.acts);
        assertEquals(Errno.EINVAL, errno(ACTION_TRIGGER | DATA_NONE, INTX, 0, 0, null));
    }

    @Test
    void intxThatCannotBeConnectedIsNotInUse() {
        lines.available = 0;
        assertEquals(Errno.ENODEV, errno(ACTION_TRIGGER | DATA_EVENTFD, INTX, 0, 1, signal));
        assertEquals(Errno.EINVAL, errno(ACTION_TRIGGER | DATA_NONE, INTX, 0, 0, null));
    }

    @Test
    @Tag("C6-99") @Tag("C6-100") @Tag("C6-101")
    void usersIntxDisableSuppressesAndResumes() {
        wire(INTX, 0, 1);
        interrupts.intxDisabled(true);
        lines.line(true);
        set(ACTION_TRIGGER | DATA_NONE, INTX, 0, 1, null);
        set(ACTION_UNMASK | DATA_NONE, INTX, 0, 1, null);
        assertEquals(0, fired.get());
        interrupts.intxDisabled(false);
        assertEquals(1, fired.get());
    }

    @Test
    void intxEnabledWhileDisabledByTheUserIsMasked() {
        interrupts.intxDisabled(true);
        wire(INTX, 0, 1);
        assertTrue(lines.masked());
        interrupts.intxDisabled(false);
        assertFalse(lines.masked());
    }

    /** Index, and another that is in use. */
    @ParameterizedTest
    @CsvSource({"0,1", "0,2", "1,0", "1,2", "2,0", "2,1"})
    @Tag("C6-44") @Tag("C6-63") @Tag("C6-64")
    void oneKindIsInUseAtATime(int index, int other) {
        wire(other, 0, 1);
        assertEquals(Errno.EINVAL, errno(ACTION_TRIGGER | DATA_EVENTFD, index, 0, 1, signal));
        assertEquals(Errno.EINVAL, errno(ACTION_TRIGGER | DATA_NONE, index, 0, 0, null));
        assertEquals(Errno.EINVAL, errno(ACTION_TRIGGER | DATA_NONE, index, 0, 1, null));
        assertEquals(Errno.EINVAL, errno(ACTION_TRIGGER | DATA_BOOL, index, 0, 1, true));
    }

    @ParameterizedTest
    @ValueSource(ints = {MSI, MSIX})
    @Tag("C6-58")
    void messagesFireTheirOwnSignal(int index) {
        AtomicInteger third = new AtomicInteger();
        interrupts.set(IrqRequest.trigger(index, 0, signal, null, EventSignal.calling(third::incrementAndGet)));
        lines.raise(0);
        lines.raise(1);
        lines.raise(2);
        lines.raise(2);
        lines.raise(3);
        lines.raise(-1);
        assertEquals(1, fired.get());
        assertEquals(2, third.get());
    }

    @ParameterizedTest
    @ValueSource(ints = {MSI, MSIX})
    @Tag("C6-51") @Tag("C6-56") @Tag("C6-57")
    void messagesThatAreNotInUseAreEinval(int index) {
        assertEquals(Errno.EINVAL, errno(ACTION_TRIGGER | DATA_NONE, index, 0, 0, null));
        assertEquals(Errno.EINVAL, errno(ACTION_TRIGGER | DATA_NONE, index, 0, 1, null));
        assertEquals(Errno.EINVAL, errno(ACTION_TRIGGER | DATA_BOOL, index, 0, 1, true));
    }

    @ParameterizedTest
    @ValueSource(ints = {MSI, MSIX})
    @Tag("C6-53") @Tag("C6-54") @Tag("C6-55")
    void messagesAreLoopedBackWhereWired(int index) {
        interrupts.set(IrqRequest.trigger(index, 0, signal, null, signal));
        set(ACTION_TRIGGER | DATA_NONE, index, 0, 3, null);
        assertEquals(2, fired.get());
        interrupts.set(IrqRequest.of(ACTION_TRIGGER | DATA_BOOL, index, 1, 2, new boolean[] {true, false}, new EventSignal[0]));
        assertEquals(2, fired.get());
    }

    @ParameterizedTest
    @ValueSource(ints = {MSI, MSIX})
    @Tag("C6-59")
    void fewerVectorsThanAskedForAreAnsweredAndNothingChanges(int index) {
        lines.available = 3;
        assertEquals(3, set(ACTION_TRIGGER | DATA_EVENTFD, index, 2, 2, signal));
        assertEquals(List.of(), lines.acts);
        wire(index, 0, 3);
    }

    @Test
    void noVectorAtAllIsEnospc() {
        lines.available = 0;
        assertEquals(Errno.ENOSPC, errno(ACTION_TRIGGER | DATA_EVENTFD, MSI, 0, 1, signal));
    }

    @ParameterizedTest
    @ValueSource(ints = {MSI, MSIX})
    @Tag("C6-62")
    void closedSignalRollsTheWholeBlockBack(int index) {
        Event closed = new Event();
        closed.closed = true;
        wire(index, 0, 4);
        Errno errno = assertThrows(VfioException.class,
                () -> interrupts.set(IrqRequest.trigger(index, 1, signal, closed))).errno();
        assertEquals(Errno.EBADF, errno);
        for (int vector = 0; vector < 4; vector++) {
            lines.raise(vector);
        }
        assertEquals(2, fired.get(), "vectors 0 and 3");
    }

    @Test
    @Tag("C6-62")
    void closedSignalOfTheFirstBlockLeavesNothingInUse() {
        Event closed = new Event();
        closed.closed = true;
        assertThrows(VfioException.class, () -> interrupts.set(IrqRequest.trigger(MSIX, 0, signal, closed)));
        assertEquals(List.of("connect MSIX 2", "disconnect"), lines.acts);
        wire(MSI, 0, 1);
    }

    @Test
    @Tag("C6-65")
    void msixGrowsWhereVectorsCanBeAdded() {
        wire(MSIX, 0, 1);
        wire(MSIX, 7, 1);
        wire(MSIX, 7, 1);
        assertEquals(List.of("connect MSIX 1", "add 7"), lines.acts);
        lines.raise(7);
        assertEquals(1, fired.get());
    }

    @Test
    @Tag("C6-66")
    void vectorsBeyondThoseSetUpAreEinvalElsewhere() {
        lines.dynamic = false;
        wire(MSIX, 0, 1);
        assertEquals(Errno.EINVAL, errno(ACTION_TRIGGER | DATA_EVENTFD, MSIX, 1, 1, signal));
        interrupts.set(IrqRequest.disable(MSIX));
        wire(MSI, 0, 2);
        assertEquals(Errno.EINVAL, errno(ACTION_TRIGGER | DATA_EVENTFD, MSI, 2, 1, signal));
        assertEquals(0, set(ACTION_TRIGGER | DATA_EVENTFD, MSI, 2, 1, null), "nothing to set up for none");
    }

    @ParameterizedTest
    @CsvSource({"1,0", "2,1", "3,2", "4,2", "5,3", "32,5"})
    void msiQmaxIsOfWhatWasSetUp(int vectors, int log) {
        assertEquals(5, interrupts.msiQmax());
        wire(MSI, 0, vectors);
        assertEquals(log, interrupts.msiQmax());
        assertTrue(interrupts.msiInUse());
        interrupts.set(IrqRequest.disable(MSI));
        assertEquals(5, interrupts.msiQmax());
        assertFalse(interrupts.msiInUse());
    }

    /** ERR and REQ: data, count, whether a signal is set, what comes of it. */
    @ParameterizedTest
    @CsvSource({"1,1,false,EINVAL", "1,0,false,EINVAL", "2,0,false,EINVAL", "2,0,true,EINVAL", "4,0,true,EINVAL", "2,1,false,0",
            "1,1,true,1", "1,0,true,0", "2,1,true,1"})
    @Tag("C6-72") @Tag("C6-73") @Tag("C6-75") @Tag("C6-76") @Tag("C6-77") @Tag("C6-86") @Tag("C6-87") @Tag("C6-89")
    @Tag("C6-90") @Tag("C6-91")
    void errAndReqAreMessagesOfTheCore(int data, int count, boolean wired, String outcome) {
        for (int index : new int[] {ERR, REQ}) {
            fired.set(0);
            if (wired) {
                wire(index, 0, 1);
            }
            int flags = ACTION_TRIGGER | data;
            if (outcome.equals("EINVAL")) {
                assertEquals(Errno.EINVAL, errno(flags, index, 0, count, count == 0 ? null : signal));
            } else {
                set(flags, index, 0, count, true);
                assertEquals(Integer.parseInt(outcome), fired.get());
            }
            interrupts.close();
        }
    }

    @Test
    @Tag("C6-74") @Tag("C6-94")
    void errAndReqFireWhenTheyHappen() {
        wire(ERR, 0, 1);
        interrupts.error();
        interrupts.request();
        assertEquals(1, fired.get());
        wire(REQ, 0, 1);
        interrupts.request();
        assertEquals(2, fired.get());
        set(ACTION_TRIGGER | DATA_NONE, ERR, 0, 0, null);
        set(ACTION_TRIGGER | DATA_EVENTFD, REQ, 0, 1, null);
        interrupts.error();
        interrupts.request();
        assertEquals(2, fired.get());
        interrupts.close();
    }

    @Test
    @Tag("C6-82")
    void errWithAClosedSignalKeepsTheOneBefore() {
        Event closed = new Event();
        closed.closed = true;
        wire(ERR, 0, 1);
        assertEquals(Errno.EBADF, errno(ACTION_TRIGGER | DATA_EVENTFD, ERR, 0, 1, closed));
        interrupts.error();
        assertEquals(1, fired.get());
    }

    @Test
    void signalThatThrowsHurtsNobody() {
        EventSignal bad = EventSignal.calling(() -> {
            throw new NoClassDefFoundError("acme/Gone");
        });
        interrupts.set(IrqRequest.trigger(MSI, 0, bad, signal));
        lines.raise(0);
        lines.raise(1);
        set(ACTION_TRIGGER | DATA_NONE, MSI, 0, 2, null);
        assertEquals(2, fired.get());
    }

    @Test
    void nothingFiresAfterClose() {
        wire(MSI, 0, 1);
        Sink sink = lines.sink;
        interrupts.close();
        lines.raise(0);
        assertEquals(0, fired.get());
        assertEquals(List.of("connect MSI 1", "disconnect"), lines.acts);
        sink.raised(0);
        assertEquals(0, fired.get(), "what the bus had begun finds nobody");
    }

    @Test
    void controllerMasksWhatCannotMaskItself() {
        Interrupts exclusive = new Interrupts(new Interrupts.Counts(true, 0, 0, false), lines, IntxMask.byController(lines));
        exclusive.set(IrqRequest.trigger(INTX, 0, signal));
        lines.line(true);
        lines.line(true);
        assertEquals(1, fired.get());
        exclusive.set(IrqRequest.unmask(INTX, 0, 1));
        assertEquals(2, fired.get());
        lines.line(false);
        exclusive.set(IrqRequest.unmask(INTX, 0, 1));
        lines.line(true);
        assertEquals(3, fired.get());
    }
}
