// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static java.util.stream.Collectors.toMap;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.time.Duration;
import java.util.Arrays;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.fault.Fact;
import vfio.pci.core.fault.Fault;
import vfio.pci.core.fault.Script;
import vfio.pci.core.fault.Step;
import vfio.pci.core.internal.ExchangeWorld.Act;

/**
 * Whatever a version of a driver does wrong at whichever step of an exchange, and whatever else happens to the device just
 * then: the device has the version before, or the next one, or is gone for a reason; never two, never none. No gate stays
 * closed, no thread waits, users' calls work or answer ENODEV, and a sound version can take the function afterwards.
 *
 * <p>Every fault meets every step on both sides, with nothing else and with an access of a user; every act meets every step,
 * with no fault and with one. The whole product of side, step, fault and act runs with {@code -Dexchange.all=true}.
 */
class ExchangeFaultsTest {
    private static final boolean FULL = Boolean.getBoolean("exchange.all");

    /** Where a fault happens, in an exchange that comes there. */
    private enum Place {
        PROBE(true, Step.PROBE, false),
        ANSWERS(true, Step.ANSWERS, false),
        HAND_OVER(false, Step.HAND_OVER, false),
        TAKE_OVER(true, Step.TAKE_OVER, false),
        /** The version before is told that it stays, since the next one lies. */
        STAY(false, Step.STAY, true),
        /** The version before is told that it has handed over. */
        LETS_GO(false, Step.HANDED_OVER, false),
        /** The next version, which lies, is told that it has not the device. */
        GIVES_UP(true, Step.HANDED_OVER, true),
        REMOVED(false, Step.REMOVE, false),
        DISCARDED(true, Step.REMOVE, true);

        private final boolean next;
        private final Step step;
        private final boolean lies;

        Place(boolean next, Step step, boolean lies) {
            this.next = next;
            this.step = step;
            this.lies = lies;
        }

        /** Tells whether an exchange in which this place has this fault must fail. */
        private boolean calledOff(Fault fault) {
            boolean harmless = fault == Fault.NONE || fault == Fault.SLOW
                    || fault == Fault.LONGER_THAN_THE_PAUSE && this == PROBE;
            return lies || this != LETS_GO && this != REMOVED && !harmless;
        }

        private boolean has(Fault fault) {
            return switch (fault) {
                case NULL -> this == PROBE || this == ANSWERS || this == HAND_OVER;
                case STATE_TOO_LARGE, STATE_OF_ANOTHER_VERSION, STATE_OF_NO_VERSION -> this == HAND_OVER;
                default -> true;
            };
        }
    }

    private record Case(Virtualization side, Place place, Fault fault, Act act) {
        void run() {
            try (ExchangeWorld world = new ExchangeWorld(side, fault.hangs() ? 3_000 : 30_000)) {
                Script next = world.script("next");
                if (place.lies) {
                    next.lie = Fact.IRQ_FLAGS;
                }
                Script wrong = place.next ? next : world.first;
                wrong.with(place.step, fault);
                world.actAt(wrong, place.step, act);
                VfioException refusal = world.exchanged(next);
                world.assertNothingHangs();
                if (act == Act.NOTHING) {
                    judge(world, next, refusal);
                }
                world.assertWhole(next, refusal);
                wrong.with(place.step, Fault.NONE);
                world.assertGoesOn();
            }
        }

        /** What must have come of it where nothing else happened. */
        private void judge(ExchangeWorld world, Script next, VfioException refusal) {
            assertEquals(place.calledOff(fault), refusal != null, () -> "" + refusal);
            assertTrue(refusal == null || !refusal.sentence().isBlank());
            boolean lost = !place.next && fault.hangs() && (place == Place.HAND_OVER || place == Place.STAY);
            assertEquals(!lost, world.handle.isOpen(), () -> "" + refusal);
            if (refusal == null) {
                assertTrue(next.calls.contains("TAKE_OVER"), next.toString());
            } else if (place.next || !fault.hangs()) {
                assertFalse(world.first.calls.contains("HANDED_OVER"), world.first.toString());
            }
        }
    }

    /** What hung has come back by now: no worker's thread is left. */
    @AfterAll
    static void noThreadIsLeft() {
        await().atMost(Duration.ofSeconds(30)).until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("vfio-driver " + ExchangeWorld.PREFIX)));
    }

    private static Stream<Case> cases(Predicate<Fault> faults, Predicate<Act> acts) {
        return Arrays.stream(Virtualization.values()).flatMap(side -> Arrays.stream(Place.values()).flatMap(place ->
                Arrays.stream(Fault.values()).filter(fault -> place.has(fault) && faults.test(fault)).flatMap(fault ->
                        Arrays.stream(Act.values()).filter(act -> acts.test(act) && act.on(side))
                                .map(act -> new Case(side, place, fault, act)))));
    }

    private static Stream<DynamicTest> tests(Stream<Case> cases, int threads) {
        return ExchangeWorld.together(cases.distinct().collect(toMap(Case::toString, one -> one::run)), threads);
    }

    @TestFactory
    Stream<DynamicTest> everyFaultAtEveryStepAndEveryActAtEveryStep() {
        return tests(Stream.concat(cases(fault -> !fault.takesLong(), act -> act == Act.NOTHING || act == Act.ACCESS || FULL),
                cases(fault -> fault == Fault.NONE || fault == Fault.THROWS, act -> true)), 4);
    }

    /** These mostly wait, so many run at a time. */
    @TestFactory
    Stream<DynamicTest> everyFaultThatTakesLong() {
        return tests(Stream.concat(cases(Fault::takesLong, act -> act == Act.NOTHING || act == Act.ACCESS || FULL),
                cases(fault -> fault == Fault.HANGS, act -> act == Act.UNPLUG || act == Act.LAST_CLOSE || act == Act.RESET
                        || act == Act.BUNDLE_STOP)), 48);
    }

    /** A version that answers one fact otherwise does not get the device, whether or not a state is handed over. */
    @TestFactory
    Stream<DynamicTest> everyFactThatUsersRelyOn() {
        return Arrays.stream(Virtualization.values()).flatMap(side -> Arrays.stream(Fact.values())
                .filter(fact -> fact != Fact.NONE).flatMap(fact -> Stream.of("1", "0").map(states ->
                        dynamicTest(side + " " + fact + " " + states, () -> lied(side, fact, states)))));
    }

    private static void lied(Virtualization side, Fact fact, String states) {
        try (ExchangeWorld world = new ExchangeWorld(side, 30_000)) {
            world.states = states;
            Script next = world.script("next");
            next.lie = fact;
            VfioException refusal = world.exchanged(next);
            assertNotNull(refusal, "a lie was believed");
            assertEquals(Errno.EINVAL, refusal.errno(), refusal.getMessage());
            assertTrue(refusal.sentence().contains("would change from") || refusal.sentence().contains("there no more")
                    || refusal.sentence().contains("would be another one"), refusal.sentence());
            world.assertNothingHangs();
            world.assertWhole(next, refusal);
            world.assertGoesOn();
        }
    }

    @TestFactory
    Stream<DynamicTest> aSoundVersionTakesEveryDeviceOver() {
        return Arrays.stream(Virtualization.values()).flatMap(side -> Stream.of("1", "0").map(states ->
                dynamicTest(side + " " + states, () -> {
                    try (ExchangeWorld world = new ExchangeWorld(side, 30_000)) {
                        world.states = states;
                        Script next = world.script("next");
                        assertNull(world.exchanged(next));
                        world.assertWhole(next, null);
                        world.assertGoesOn();
                    }
                })));
    }
}
