// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.pci.core.id.IrqIndex.ERR;
import static vfio.pci.core.id.IrqIndex.INTX;
import static vfio.pci.core.id.IrqIndex.MSI;
import static vfio.pci.core.id.IrqIndex.MSIX;
import static vfio.pci.core.id.IrqIndex.REQ;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.EventCounter;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.core.info.IrqInfo;
import vfio.pci.core.bus.InterruptLines.Kind;
import vfio.pci.core.bus.InterruptLines.Sink;
import vfio.pci.core.fake.FakeLines;
import vfio.pci.core.internal.irq.Interrupts.Counts;

class MessagesTest {
    private final FakeLines lines = new FakeLines(true);
    private final Interrupts interrupts = new Interrupts(new Counts(true, 4, 8, true), lines, lines.mask());
    private final EventCounter[] events = Stream.generate(EventCounter::new).limit(8).toArray(EventCounter[]::new);

    private static Errno errno(Executable act) {
        return assertThrows(VfioException.class, act).errno();
    }

    /** What each counter has seen since this was last asked. */
    private List<Long> seen() {
        return Stream.of(events).map(EventCounter::take).toList();
    }

    private void raiseAll() {
        IntStream.range(0, 8).forEach(lines::raise);
    }

    private IrqRequest wire(int index, int start, int count) {
        return IrqRequest.trigger(index, start, IntStream.range(start, start + count).mapToObj(i -> events[i])
                .toArray(EventSignal[]::new));
    }

    private static EventCounter closed() {
        EventCounter closed = new EventCounter();
        closed.close();
        return closed;
    }

    @ParameterizedTest
    @ValueSource(ints = {MSI, MSIX})
    void eachVectorTriggersItsOwnSignal(int index) {
        assertEquals(0, interrupts.set(wire(index, 0, 4)));
        lines.raise(2);
        lines.raise(2);
        lines.raise(0);
        lines.raise(4);
        lines.raise(-1);
        assertEquals(List.of(1L, 0L, 2L, 0L, 0L, 0L, 0L, 0L), seen());
    }

    @ParameterizedTest
    @CsvSource({"1, 4, 5, 3", "2, 8, 8, 7", "2, 8, 2, 1"})
    @Tag("C6-59")
    void fewerAvailableAnswersHowManyAndEnablesNothing(int index, int has, int wanted, int available) {
        assertTrue(has > available);
        lines.available.put(index == MSI ? Kind.MSI : Kind.MSIX, available);
        int asked = Math.min(wanted, has);
        assertEquals(available, interrupts.set(wire(index, 0, asked)));
        assertEquals(available, interrupts.set(wire(index, asked - 1, 1)), "start counts");
        assertEquals(List.of(), lines.acts);
        assertEquals(0, interrupts.set(wire(index, 0, available)));
    }

    @Test
    void noneAvailableIsEnospc() {
        lines.available.put(Kind.MSI, 0);
        assertEquals(Errno.ENOSPC, errno(() -> interrupts.set(wire(MSI, 0, 1))));
        assertEquals(0, interrupts.set(wire(MSIX, 0, 1)));
    }

    @Test
    @Tag("C6-58")
    void startBeyondZeroEnablesThoseBelowWithoutASignal() {
        interrupts.set(wire(MSI, 2, 1));
        assertEquals(List.of("connect MSI 3"), lines.acts);
        raiseAll();
        assertEquals(List.of(0L, 0L, 1L, 0L, 0L, 0L, 0L, 0L), seen());
        assertEquals(0, interrupts.set(IrqRequest.of(IrqRequest.ACTION_TRIGGER | IrqRequest.DATA_EVENTFD, MSI, 3, 0,
                new boolean[0], new EventSignal[0])), "nothing is nothing");
    }

    @ParameterizedTest
    @ValueSource(ints = {MSI, MSIX})
    void closedSignalAtEnablingLeavesNothingInUse(int index) {
        assertEquals(Errno.EBADF, errno(() -> interrupts.set(IrqRequest.trigger(index, 0, events[0], closed(), events[2]))));
        assertEquals("disconnect", lines.acts.get(lines.acts.size() - 1));
        assertEquals(Errno.EINVAL, errno(() -> interrupts.set(IrqRequest.disable(index))));
        assertEquals(0, interrupts.set(IrqRequest.trigger(INTX, 0, events[0])));
    }

    /** As vfio_msi_set_block: those before it and it itself end without a signal, those after it keep theirs. */
    @Test
    @Tag("C6-62")
    void closedSignalInABlockRollsTheBlockBack() {
        interrupts.set(wire(MSIX, 0, 6));
        assertEquals(Errno.EBADF, errno(() -> interrupts.set(
                IrqRequest.trigger(MSIX, 1, events[6], events[6], closed(), events[6]))));
        raiseAll();
        assertEquals(List.of(1L, 0L, 0L, 0L, 1L, 1L, 0L, 0L), seen());
        assertEquals(Kind.MSIX, lines.kind);
    }

    @Test
    void vectorWithoutARoomRollsTheBlockBack() {
        lines.available.put(Kind.MSIX, 5);
        interrupts.set(wire(MSIX, 0, 2));
        assertEquals(Errno.ENOSPC, errno(() -> interrupts.set(wire(MSIX, 3, 3))));
        raiseAll();
        assertEquals(List.of(1L, 1L, 0L, 0L, 0L, 0L, 0L, 0L), seen());
    }

    @Test
    @Tag("C6-65")
    void vectorsAreAddedOneByOneWhereTheyCan() {
        interrupts.set(wire(MSIX, 0, 2));
        interrupts.set(wire(MSIX, 5, 1));
        interrupts.set(wire(MSIX, 5, 1));
        raiseAll();
        assertEquals(List.of(1L, 1L, 0L, 0L, 0L, 1L, 0L, 0L), seen());
        assertEquals(List.of("connect MSIX 2", "add 5"), lines.acts, "added once");
        interrupts.set(IrqRequest.trigger(MSIX, 6, (EventSignal) null));
        assertEquals(List.of("connect MSIX 2", "add 5"), lines.acts, "nothing is added for none");
        assertEquals(Errno.EBADF, errno(() -> interrupts.set(IrqRequest.trigger(MSIX, 7, closed()))));
        interrupts.set(wire(MSIX, 7, 1));
        assertEquals(List.of("connect MSIX 2", "add 5", "add 7"), lines.acts, "it stayed allocated");
    }

    @Test
    void vectorsThatCannotBeAddedAreInvalid() {
        lines.dynamic = false;
        interrupts.set(wire(MSIX, 0, 2));
        assertEquals(Errno.EINVAL, errno(() -> interrupts.set(wire(MSIX, 1, 2))));
        raiseAll();
        assertEquals(List.of(1L, 0L, 0L, 0L, 0L, 0L, 0L, 0L), seen(), "rolled back");
        assertEquals(0, interrupts.set(IrqRequest.trigger(MSIX, 5, (EventSignal) null)), "none needs no vector");
        interrupts.set(IrqRequest.disable(MSIX));
        interrupts.set(wire(MSIX, 0, 3));
    }

    @Test
    void raisedWithoutASignalComesWhenThereIsOne() {
        lines.onConnect = () -> lines.raise(1);
        interrupts.set(wire(MSIX, 0, 2));
        assertEquals(List.of(0L, 1L, 0L, 0L, 0L, 0L, 0L, 0L), seen(), "raised before it was wired");
        interrupts.set(IrqRequest.trigger(MSIX, 0, (EventSignal) null));
        lines.raise(0);
        lines.raise(0);
        interrupts.set(IrqRequest.fire(MSIX, 0, 2));
        assertEquals(List.of(0L, 1L, 0L, 0L, 0L, 0L, 0L, 0L), seen(), "loopback skips it");
        interrupts.set(IrqRequest.trigger(MSIX, 0, (EventSignal) null));
        interrupts.set(wire(MSIX, 0, 1));
        assertEquals(List.of(1L, 0L, 0L, 0L, 0L, 0L, 0L, 0L), seen());
        interrupts.set(IrqRequest.trigger(MSIX, 0, (EventSignal) null));
        lines.raise(0);
        lines.onConnect = () -> { };
        interrupts.set(IrqRequest.disable(MSIX));
        interrupts.set(wire(MSIX, 0, 2));
        assertEquals(List.of(0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L), seen(), "what was pending ends with the use");
    }

    @Test
    @Tag("C6-53") @Tag("C6-54") @Tag("C6-55")
    void loopbackFiresWhatIsMeantAndWired() {
        interrupts.set(IrqRequest.trigger(MSI, 0, events[0], null, events[2], events[3]));
        interrupts.set(IrqRequest.fire(MSI, 0, 4));
        assertEquals(List.of(1L, 0L, 1L, 1L, 0L, 0L, 0L, 0L), seen());
        interrupts.set(IrqRequest.of(IrqRequest.ACTION_TRIGGER | IrqRequest.DATA_BOOL, MSI, 1, 3,
                new boolean[] {true, false, true}, new EventSignal[0]));
        assertEquals(List.of(0L, 0L, 0L, 1L, 0L, 0L, 0L, 0L), seen());
    }

    @ParameterizedTest
    @ValueSource(ints = {MSI, MSIX})
    @Tag("C6-50") @Tag("C6-52")
    void nothingComesAfterDisable(int index) {
        interrupts.set(wire(index, 0, 2));
        interrupts.set(IrqRequest.disable(index));
        raiseAll();
        assertEquals(List.of(0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L), seen());
        assertEquals("disconnect", lines.acts.get(1));
        assertEquals(Errno.EINVAL, errno(() -> interrupts.set(IrqRequest.disable(index))));
    }

    @ParameterizedTest
    @ValueSource(ints = {MSI, MSIX})
    @Tag("C6-60") @Tag("C6-61")
    void slotIsUnsetOrReplacedAndTheOthersStay(int index) {
        interrupts.set(wire(index, 0, 4));
        interrupts.set(IrqRequest.trigger(index, 1, null, events[7]));
        lines.raise(0);
        lines.raise(2);
        lines.raise(3);
        assertEquals(List.of(1L, 0L, 0L, 1L, 0L, 0L, 0L, 1L), seen());
        interrupts.set(IrqRequest.fire(index, 0, 4));
        assertEquals(List.of(1L, 0L, 0L, 1L, 0L, 0L, 0L, 1L), seen(), "vector 1 has none");
    }

    @Test
    void whatTheBusHadBegunToDeliverFindsNobody() {
        AtomicReference<Sink> begun = new AtomicReference<>();
        lines.onConnect = () -> begun.set(lines.sink());
        interrupts.set(wire(MSI, 0, 1));
        lines.onConnect = () -> { };
        interrupts.set(IrqRequest.disable(MSI));
        interrupts.set(wire(MSI, 0, 1));
        begun.get().raised(0);
        assertEquals(0, events[0].take(), "it was the use before that it began in");
        lines.raise(0);
        assertEquals(1, events[0].take());
    }

    @Test
    void signalThatThrowsHurtsNobody() {
        interrupts.set(IrqRequest.trigger(MSI, 0, EventSignal.calling(() -> {
            throw new NoClassDefFoundError("user/Gone");
        }), events[1]));
        lines.raise(0);
        lines.raise(1);
        interrupts.set(IrqRequest.fire(MSI, 0, 2));
        assertEquals(2, events[1].take());
    }

    @Test
    @Tag("C6-105")
    void signalsGoAfterTheVectorsAndErrAndReqLast() {
        interrupts.set(wire(MSI, 0, 1));
        interrupts.set(IrqRequest.trigger(ERR, 0, events[1]));
        interrupts.set(IrqRequest.trigger(REQ, 0, events[2]));
        lines.onDisconnect = () -> {
            assertTrue(interrupts.error());
            assertTrue(interrupts.request());
        };
        interrupts.close();
        assertEquals(List.of(0L, 1L, 1L, 0L, 0L, 0L, 0L, 0L), seen());
        assertFalse(interrupts.error());
        assertFalse(interrupts.request());
        assertEquals(List.of(0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L), seen());
    }

    @Test
    void busThatFailsToGiveVectorsBackKeepsNothingInUse() {
        interrupts.set(wire(MSI, 0, 1));
        lines.broken = true;
        interrupts.set(IrqRequest.disable(MSI));
        lines.broken = false;
        interrupts.set(wire(MSIX, 0, 1));
    }

    @Test
    void msiInUseAndItsVectorsAreWhatConfigurationSpaceShows() {
        assertEquals(2, interrupts.msiQmax());
        interrupts.set(wire(MSI, 0, 1));
        assertTrue(interrupts.msiInUse());
        assertEquals(0, interrupts.msiQmax());
        interrupts.set(IrqRequest.disable(MSI));
        interrupts.set(wire(MSI, 0, 2));
        assertEquals(1, interrupts.msiQmax());
        interrupts.set(IrqRequest.disable(MSI));
        interrupts.set(wire(MSI, 0, 3));
        assertEquals(2, interrupts.msiQmax(), "three need a field of four");
        interrupts.set(IrqRequest.disable(MSI));
        assertFalse(interrupts.msiInUse());
        interrupts.set(wire(MSIX, 0, 1));
        assertFalse(interrupts.msiInUse());
        assertEquals(2, interrupts.msiQmax());
        assertEquals(0, new Interrupts(new Counts(true, 0, 0, false), lines, lines.mask()).msiQmax());
    }

    private boolean happens(int index) {
        return index == ERR ? interrupts.error() : interrupts.request();
    }

    private static IrqRequest bool(int index, boolean value) {
        return IrqRequest.of(IrqRequest.ACTION_TRIGGER | IrqRequest.DATA_BOOL, index, 0, 1, new boolean[] {value},
                new EventSignal[0]);
    }

    @ParameterizedTest
    @ValueSource(ints = {ERR, REQ})
    @Tag("C6-73") @Tag("C6-74") @Tag("C6-77") @Tag("C6-78") @Tag("C6-79") @Tag("C6-80") @Tag("C6-87") @Tag("C6-88")
    @Tag("C6-91") @Tag("C6-92") @Tag("C6-93") @Tag("C6-94")
    void errorsAndRequestsReachTheirSignal(int index) {
        assertFalse(happens(index));
        interrupts.set(bool(index, true));
        interrupts.set(IrqRequest.trigger(index, 0, events[0]));
        assertTrue(happens(index));
        interrupts.set(IrqRequest.fire(index, 0, 1));
        interrupts.set(bool(index, true));
        assertEquals(3, events[0].take());
        interrupts.set(bool(index, false));
        assertEquals(0, events[0].take());
        interrupts.set(IrqRequest.trigger(index, 0, events[1]));
        assertTrue(happens(index));
        assertEquals(List.of(0L, 1L, 0L, 0L, 0L, 0L, 0L, 0L), seen(), "replaced");
        assertFalse(happens(ERR + REQ - index), "the other has none");
        interrupts.set(IrqRequest.disable(index));
        assertFalse(happens(index));
        interrupts.set(IrqRequest.trigger(index, 0, events[1]));
        interrupts.set(IrqRequest.trigger(index, 0, (EventSignal) null));
        assertFalse(happens(index));
        assertEquals(List.of(0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L), seen());
    }

    @ParameterizedTest
    @ValueSource(ints = {ERR, REQ})
    @Tag("C6-82")
    void closedSignalLeavesTheFormer(int index) {
        interrupts.set(IrqRequest.trigger(index, 0, events[0]));
        assertEquals(Errno.EBADF, errno(() -> interrupts.set(IrqRequest.trigger(index, 0, closed()))));
        assertTrue(happens(index));
        assertEquals(1, events[0].take());
    }

    /** A file below -1, which only a wire face can send. */
    @ParameterizedTest
    @CsvSource({"0, 0", "1, 0", "2, 0", "3, 22", "4, 22"})
    @Tag("C6-81")
    void negativeFileIsNoneForInterruptsAndInvalidForErrAndReq(int index, int errno) {
        ByteBuffer bytes = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN).putInt(24)
                .putInt(IrqRequest.ACTION_TRIGGER | IrqRequest.DATA_EVENTFD).putInt(index).putInt(0).putInt(1).putInt(-2)
                .flip();
        IrqRequest request = IrqRequest.decode(bytes, file -> null);
        if (errno == 0) {
            assertEquals(0, interrupts.set(request));
        } else {
            assertEquals(errno, errno(() -> interrupts.set(request)).number());
        }
    }

    @Test
    @Tag("C5-1") @Tag("C5-2") @Tag("C5-3") @Tag("C5-4") @Tag("C5-5") @Tag("C5-6") @Tag("C5-15") @Tag("C5-17")
    @Tag("C5-18")
    void infoIsThatOfTheTable() {
        int once = IrqInfo.EVENTFD | IrqInfo.NORESIZE;
        assertEquals(new IrqInfo(INTX, IrqInfo.EVENTFD | IrqInfo.MASKABLE | IrqInfo.AUTOMASKED, 1), interrupts.info(INTX));
        assertEquals(new IrqInfo(MSI, once, 4), interrupts.info(MSI));
        assertEquals(new IrqInfo(MSIX, IrqInfo.EVENTFD, 8), interrupts.info(MSIX));
        assertEquals(new IrqInfo(ERR, once, 1), interrupts.info(ERR));
        assertEquals(new IrqInfo(REQ, once, 1), interrupts.info(REQ));
        lines.dynamic = false;
        assertEquals(new IrqInfo(MSIX, once, 8), interrupts.info(MSIX));
        for (int index : new int[] {5, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            assertEquals(Errno.EINVAL, errno(() -> interrupts.info(index)));
        }
    }

    @Test
    @Tag("C5-7") @Tag("C5-12") @Tag("C5-14") @Tag("C5-16")
    void bareFunctionHasOnlyReq() {
        Interrupts bare = new Interrupts(new Counts(false, 0, 0, false), lines, lines.mask());
        List<Integer> counts = new ArrayList<>();
        IntStream.of(INTX, MSI, MSIX, REQ).forEach(index -> counts.add(bare.info(index).count()));
        assertEquals(List.of(0, 0, 0, 1), counts);
        assertEquals(IrqInfo.EVENTFD | IrqInfo.NORESIZE, bare.info(MSIX).flags(), "vectors are added to what is there");
        assertEquals(Errno.EINVAL, errno(() -> bare.info(ERR)));
    }
}
