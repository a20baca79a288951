// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.pci.core.admin.DriverUpdate.Update;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.fault.Fault;
import vfio.pci.core.fault.Script;
import vfio.pci.core.fault.Step;

/**
 * A next version that falls ill after it has taken over, in whichever way, is found out, and gives the function back: with
 * its state, from the state it was given where that lasts, or else users lose the device, which then works again.
 */
class GiveBackFaultsTest {
    private static final List<Fault> THROWN = List.of(Fault.THROWS, Fault.ERROR, Fault.STACK_OVERFLOW);

    private static Stream<DynamicTest> tests(List<Fault> faults, Tried tried) {
        Map<String, Runnable> all = new HashMap<>();
        for (Virtualization side : Virtualization.values()) {
            for (Fault fault : faults) {
                for (boolean lasting : new boolean[] {false, true}) {
                    all.put(side + " " + fault + (lasting ? " lasting" : ""), () -> run(side, fault, lasting, tried));
                }
            }
        }
        return ExchangeWorld.together(all, 8);
    }

    private static void run(Virtualization side, Fault fault, boolean lasting, Tried tried) {
        try (ExchangeWorld world = new ExchangeWorld(side, fault.hangs() ? 3_000 : 30_000)) {
            world.first.lasting = lasting;
            Script next = world.script("next");
            try (Update update = world.begun(next)) {
                tried.run(world, update, next, fault);
            }
        }
    }

    private interface Tried {
        void run(ExchangeWorld world, Update update, Script next, Fault fault);
    }

    private static void assertGivenBack(ExchangeWorld world, Update update, Script next) {
        assertNull(world.back(update));
        world.assertNothingHangs();
        assertTrue(world.handle.isOpen());
        world.assertOn(world.first);
        assertTrue(next.calls.contains("HANDED_OVER"), next.toString());
    }

    @TestFactory
    Stream<DynamicTest> aVersionThatSaysThatItIsIllIsBelieved() {
        return tests(List.of(Fault.NULL, Fault.THROWS, Fault.ERROR, Fault.STACK_OVERFLOW, Fault.MISSING_CLASS),
                (world, update, next, fault) -> {
                    next.with(Step.HEALTHY, fault);
                    assertTrue(update.illness().isPresent());
                    assertGivenBack(world, update, next);
                });
    }

    /** An errno is an answer. */
    @TestFactory
    Stream<DynamicTest> aVersionThatRefusesIsNotIll() {
        return tests(List.of(Fault.REFUSES), (world, update, next, fault) -> {
            next.with(Step.READ, fault);
            assertEquals(Errno.ENOSPC, TestCore.errno(() -> world.handle.region(0).read64(0)));
            next.with(Step.READ, Fault.NONE).with(Step.HEALTHY, fault);
            assertEquals(Optional.empty(), update.illness());
        });
    }

    @TestFactory
    Stream<DynamicTest> aVersionWhoseCallOfAUserBreaksIsIll() {
        return tests(THROWN, (world, update, next, fault) -> {
            assertEquals(Optional.empty(), update.illness());
            next.with(Step.READ, fault);
            assertEquals(Errno.EIO, TestCore.errno(() -> world.handle.region(0).read64(0)));
            assertTrue(update.illness().isPresent());
            assertGivenBack(world, update, next);
        });
    }

    /** Users go on from the state that was given to it, if that lasts; else they lose the device, which works again. */
    @TestFactory
    Stream<DynamicTest> aVersionThatHandsNothingOverIsLeft() {
        return tests(List.of(Fault.THROWS, Fault.ERROR, Fault.NULL, Fault.REFUSES,
                Fault.STATE_TOO_LARGE, Fault.STATE_OF_ANOTHER_VERSION, Fault.HANGS, Fault.HANGS_INTERRUPTIBLY),
                (world, update, next, fault) -> {
                    next.with(Step.HEALTHY, Fault.NULL).with(Step.HAND_OVER, fault);
                    assertTrue(update.illness().isPresent());
                    assertLeft(world, update);
                });
    }

    /** It does not come back from the question whether it works: it is called no more, and hands nothing over. */
    @TestFactory
    Stream<DynamicTest> aVersionThatIsStuckIsLeft() {
        return tests(List.of(Fault.HANGS, Fault.HANGS_INTERRUPTIBLY), (world, update, next, fault) -> {
            next.with(Step.HEALTHY, fault);
            assertTrue(update.illness().isPresent());
            assertLeft(world, update);
        });
    }

    private static void assertLeft(ExchangeWorld world, Update update) {
        VfioException refusal = world.back(update);
        world.assertNothingHangs();
        if (world.first.lasting) {
            assertNull(refusal, () -> refusal.getMessage());
            assertTrue(world.handle.isOpen());
            world.assertOn(world.first);
        } else {
            assertNotNull(refusal);
            assertEquals(VfioException.Kind.STUCK, refusal.kind(), refusal.getMessage());
            assertFalse(world.handle.isOpen());
            assertEquals(Errno.ENODEV, TestCore.errno(() -> world.handle.region(0)));
        }
        world.assertOpens();
    }

    /** Then the next version has the device on, ill as it is: whoever asked decides what follows. */
    @TestFactory
    Stream<DynamicTest> aVersionBeforeThatDoesNotTakeOverLeavesAllAsItWas() {
        return tests(THROWN, (world, update, next, fault) -> {
            world.first.with(Step.TAKE_OVER, fault);
            assertNotNull(world.back(update));
            world.assertNothingHangs();
            assertTrue(world.handle.isOpen());
            world.assertOn(next);
            world.first.with(Step.TAKE_OVER, Fault.NONE).with(Step.PROBE, fault);
            assertNotNull(world.back(update));
            assertTrue(world.handle.isOpen());
            world.assertOn(next);
            world.first.with(Step.PROBE, Fault.NONE);
            assertGivenBack(world, update, next);
        });
    }
}
