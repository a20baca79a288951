// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.irq;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.EventCounter;
import vfio.core.EventSignal;
import vfio.core.IrqRequest;
import vfio.core.VfioException;
import vfio.pci.core.bus.InterruptLines.Kind;
import vfio.pci.core.fake.FakeLines;
import vfio.pci.core.id.IrqIndex;
import vfio.pci.core.internal.irq.Interrupts.Counts;

/** Every index, action, data type, start, count and state, against the table of SET_IRQS. */
class SetIrqsTableTest {
    private static final int[] ACTIONS = {0, IrqRequest.ACTION_MASK, IrqRequest.ACTION_UNMASK, IrqRequest.ACTION_TRIGGER,
        IrqRequest.ACTION_MASK | IrqRequest.ACTION_TRIGGER, IrqRequest.ACTION_MASK | IrqRequest.ACTION_UNMASK};
    private static final List<String> ACTION_NAMES = List.of("none", "MASK", "UNMASK", "TRIGGER", "many", "many");
    private static final List<String> DATA = List.of("NONE", "FALSE", "TRUE", "FD", "-1", "BAD");
    private static final List<String> INDICES = List.of("INTX", "MSI", "MSIX", "ERR", "REQ", "5", "-1");

    /**
     * Index | action | data | start | count | what is in use | whether ERR or REQ has a signal | answer; the first row that
     * fits counts. A star fits everything, a comma is "or". In use is nothing, INTx, MSI with vector 0 alone, MSI-X with
     * vector 0 where vectors can be added, or (n) where they cannot.
     */
    private static final String[] TABLE = """
            5,-1     | *           | *        | *   | *   | *            | * | EINVAL
            INTX,ERR,REQ | *       | *        | 1,2 | *   | *            | * | EINVAL
            INTX,ERR,REQ | *       | *        | 0   | 2   | *            | * | EINVAL
            *        | none,many   | *        | *   | *   | *            | * | ENOTTY
            INTX     | MASK,UNMASK | *        | 0   | *   | -,MSI,MSIX,MSIXn | * | EINVAL
            INTX     | MASK,UNMASK | *        | 0   | 0   | INTX         | * | EINVAL
            INTX     | MASK        | FD,-1,BAD | 0  | 1   | INTX         | * | ENOTTY
            INTX     | UNMASK      | BAD      | 0   | 1   | INTX         | * | EBADF
            INTX     | MASK,UNMASK | *        | 0   | 1   | INTX         | * | 0
            INTX     | TRIGGER     | *        | 0   | *   | MSI,MSIX,MSIXn | * | EINVAL
            INTX     | TRIGGER     | NONE     | 0   | 0   | INTX         | * | 0
            INTX     | TRIGGER     | *        | 0   | 0   | *            | * | EINVAL
            INTX     | TRIGGER     | BAD      | 0   | 1   | *            | * | EBADF
            INTX     | TRIGGER     | FD,-1    | 0   | 1   | *            | * | 0
            INTX     | TRIGGER     | *        | 0   | 1   | -            | * | EINVAL
            INTX     | TRIGGER     | *        | 0   | 1   | INTX         | * | 0
            MSI,MSIX | MASK,UNMASK | *        | *   | *   | *            | * | ENOTTY
            MSI      | TRIGGER     | *        | *   | *   | INTX,MSIX,MSIXn | * | EINVAL
            MSIX     | TRIGGER     | *        | *   | *   | INTX,MSI     | * | EINVAL
            MSI,MSIX | TRIGGER     | NONE,FALSE,TRUE | * | * | -         | * | EINVAL
            MSI,MSIX | TRIGGER     | NONE,FALSE,TRUE | * | * | *         | * | 0
            MSI,MSIX | TRIGGER     | FD,-1,BAD | 0  | 0   | -            | * | ERANGE
            MSI,MSIX | TRIGGER     | FD,-1,BAD | *  | 0   | *            | * | 0
            MSI      | TRIGGER     | FD,BAD   | 0   | 2   | MSI          | * | EINVAL
            MSI      | TRIGGER     | FD,BAD   | 1,2 | 1,2 | MSI          | * | EINVAL
            MSIX     | TRIGGER     | FD,BAD   | 0   | 2   | MSIXn        | * | EINVAL
            MSIX     | TRIGGER     | FD,BAD   | 1,2 | 1,2 | MSIXn        | * | EINVAL
            MSI,MSIX | TRIGGER     | BAD      | *   | *   | *            | * | EBADF
            MSI,MSIX | TRIGGER     | FD,-1    | *   | *   | *            | * | 0
            ERR,REQ  | MASK,UNMASK | *        | 0   | *   | *            | * | ENOTTY
            ERR,REQ  | TRIGGER     | NONE     | 0   | *   | *            | no | EINVAL
            ERR,REQ  | TRIGGER     | NONE     | 0   | *   | *            | yes | 0
            ERR,REQ  | TRIGGER     | *        | 0   | 0   | *            | * | EINVAL
            ERR,REQ  | TRIGGER     | BAD      | 0   | 1   | *            | * | EBADF
            ERR,REQ  | TRIGGER     | *        | 0   | 1   | *            | * | 0
            """.split("\n");

    private record Case(String index, String action, int actionBits, String data, int start, int count, String inUse,
            boolean wired) {
        List<String> fields() {
            return List.of(index, action, data, "" + start, "" + count, inUse, wired ? "yes" : "no");
        }

        IrqRequest request() {
            int bits = actionBits | switch (data) {
                case "NONE" -> IrqRequest.DATA_NONE;
                case "TRUE", "FALSE" -> IrqRequest.DATA_BOOL;
                default -> IrqRequest.DATA_EVENTFD;
            };
            boolean[] values = new boolean[count];
            EventSignal[] signals = new EventSignal[count];
            for (int i = 0; i < count; i++) {
                EventCounter signal = new EventCounter();
                values[i] = data.equals("TRUE");
                signals[i] = data.equals("-1") ? null : signal;
                if (data.equals("BAD") && i == count - 1) {
                    signal.close();
                }
            }
            int number = INDICES.indexOf(index) == 6 ? -1 : INDICES.indexOf(index);
            return IrqRequest.of(bits, number, start, count, values, signals);
        }
    }

    private static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (String index : INDICES) {
            for (int action = 0; action < ACTIONS.length; action++) {
                for (String data : DATA) {
                    for (int block = 0; block < 9; block++) {
                        for (String inUse : List.of("-", "INTX", "MSI", "MSIX", "MSIXn")) {
                            for (boolean wired : new boolean[] {false, true}) {
                                cases.add(new Case(index, ACTION_NAMES.get(action), ACTIONS[action], data, block / 3,
                                        block % 3, inUse, wired));
                            }
                        }
                    }
                }
            }
        }
        return cases.stream();
    }

    private static int row(List<String> fields) {
        for (int row = 0; row < TABLE.length; row++) {
            String[] cells = TABLE[row].split("\\|");
            boolean fits = true;
            for (int i = 0; i < fields.size(); i++) {
                List<String> wanted = List.of(cells[i].strip().split(","));
                fits &= wanted.contains("*") || wanted.contains(fields.get(i));
            }
            if (fits) {
                return row;
            }
        }
        throw new AssertionError("no row for " + fields);
    }

    private static String expected(List<String> fields) {
        String[] cells = TABLE[row(fields)].split("\\|");
        return cells[cells.length - 1].strip();
    }

    private static Interrupts inState(FakeLines lines, String inUse, boolean wired) {
        Interrupts interrupts = new Interrupts(new Counts(true, 4, 8, true), lines, lines.mask());
        lines.dynamic = !inUse.endsWith("n");
        if (!inUse.equals("-")) {
            interrupts.set(IrqRequest.trigger(INDICES.indexOf(inUse.replace("n", "")), 0, new EventCounter()));
        }
        if (wired) {
            interrupts.set(IrqRequest.trigger(IrqIndex.ERR, 0, new EventCounter()));
            interrupts.set(IrqRequest.trigger(IrqIndex.REQ, 0, new EventCounter()));
        }
        return interrupts;
    }

    private static String answer(Interrupts interrupts, IrqRequest request) {
        try {
            return "" + interrupts.set(request);
        } catch (VfioException e) {
            return e.errno().name();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("C6-3") @Tag("C6-6") @Tag("C6-14") @Tag("C6-15") @Tag("C6-23") @Tag("C6-24") @Tag("C6-25") @Tag("C6-28")
    @Tag("C6-30") @Tag("C6-36") @Tag("C6-38") @Tag("C6-39") @Tag("C6-40") @Tag("C6-44") @Tag("C6-45") @Tag("C6-47")
    @Tag("C6-51") @Tag("C6-56") @Tag("C6-57") @Tag("C6-63") @Tag("C6-64") @Tag("C6-66") @Tag("C6-67") @Tag("C6-68")
    @Tag("C6-69") @Tag("C6-70") @Tag("C6-71") @Tag("C6-72") @Tag("C6-75") @Tag("C6-76") @Tag("C6-83") @Tag("C6-84")
    @Tag("C6-85") @Tag("C6-86") @Tag("C6-89") @Tag("C6-90")
    void everyCombinationAnswersAsTheTableHasIt(boolean maskable) {
        List<Executable> checks = new ArrayList<>();
        cases().forEach(each -> checks.add(() -> {
            FakeLines lines = new FakeLines(maskable);
            Interrupts interrupts = inState(lines, each.inUse, each.wired);
            Kind before = lines.kind;
            String answer = answer(interrupts, each.request());
            assertEquals(expected(each.fields()), answer, each::toString);
            if (!answer.equals("0")) {
                assertEquals(before, lines.kind, () -> "what is refused leaves in use what was: " + each);
            }
        }));
        assertEquals(7 * 6 * 6 * 9 * 5 * 2, checks.size());
        assertAll(checks);
    }

    @Test
    void everyRowOfTheTableIsReached() {
        Set<Integer> reached = new TreeSet<>();
        cases().forEach(each -> reached.add(row(each.fields())));
        assertEquals(TABLE.length, reached.size(), () -> "rows reached: " + reached);
    }

    /** What the kernel's generic validation refuses before any index sees it. */
    private static Stream<IrqRequest> invalid() {
        int trigger = IrqRequest.ACTION_TRIGGER;
        int none = trigger | IrqRequest.DATA_NONE;
        boolean[] values = {true};
        EventSignal[] signals = {new EventCounter()};
        return Stream.of(
                request(none | 1 << 6, 0, 1, values, signals),
                request(none | 1 << 31, 0, 1, values, signals),
                request(trigger, 0, 1, values, signals),
                request(none | IrqRequest.DATA_BOOL, 0, 1, values, signals),
                request(none | IrqRequest.DATA_EVENTFD, 0, 1, values, signals),
                request(trigger | IrqRequest.DATA_BOOL | IrqRequest.DATA_EVENTFD, 0, 1, values, signals),
                request(trigger | IrqRequest.DATA_BOOL, 0, 2, values, signals),
                request(trigger | IrqRequest.DATA_EVENTFD, 0, 2, values, signals),
                request(none, 8, 0, values, signals),
                request(none, 8, 1, values, signals),
                request(none, 0, 9, values, signals),
                request(none, 7, 2, values, signals),
                request(none, -1, 0, values, signals),
                request(none, 0, -1, values, signals),
                request(none, 1, -1, values, signals),
                request(none, 1, -2, values, signals),
                request(none, -1, 2, values, signals));
    }

    private static IrqRequest request(int flags, int start, int count, boolean[] values, EventSignal[] signals) {
        return IrqRequest.of(flags, IrqIndex.MSIX, start, count, values, signals);
    }

    @ParameterizedTest
    @MethodSource("invalid")
    @Tag("C6-2") @Tag("C6-4") @Tag("C6-5") @Tag("C6-7") @Tag("C6-8")
    void requestThatIsWrongInItselfIsInvalid(IrqRequest request) {
        FakeLines lines = new FakeLines(true);
        Interrupts interrupts = inState(lines, "MSIX", true);
        assertEquals("EINVAL", answer(interrupts, request));
        assertEquals(Kind.MSIX, lines.kind);
    }

    /** Validation comes first, so the ENODEV and ENOTTY of an index without interrupts are never seen. */
    @Test
    @Tag("C6-16") @Tag("C6-17") @Tag("C6-18") @Tag("C6-19")
    void everyRequestToAnIndexWithoutInterruptsIsInvalid() {
        Interrupts bare = new Interrupts(new Counts(false, 0, 0, false), new FakeLines(true), new FakeLines(true).mask());
        cases().filter(each -> Set.of("INTX", "MSI", "MSIX", "ERR").contains(each.index)).map(Case::request)
                .forEach(request -> assertEquals("EINVAL", answer(bare, request), request::toString));
    }

    @Test
    void closedFunctionAnswersEnodev() {
        FakeLines lines = new FakeLines(true);
        Interrupts interrupts = inState(lines, "MSI", false);
        interrupts.close();
        assertEquals("ENODEV", answer(interrupts, IrqRequest.trigger(IrqIndex.MSI, 0, new EventCounter())));
        assertTrue(lines.kind == null);
        interrupts.close();
        assertEquals(List.of("connect MSI 1", "disconnect"), lines.acts);
    }
}
