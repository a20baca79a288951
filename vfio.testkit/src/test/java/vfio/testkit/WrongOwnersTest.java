// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.DriverState;
import vfio.hardware.emulated.FunctionDescription;
import vfio.pci.core.PciDriver;
import vfio.pci.core.VfioPciDevice;

/** Owners that are wrong in one point, each found by the fact of that point; and one that is right. */
class WrongOwnersTest {
    private static final List<Doubling> KEPT = new ArrayList<>();
    private static Function<VfioPciDevice, Doubling> judged;

    /** What a vendor writes, for whichever owner is judged. */
    static final class Case extends OwnerContract {
        Case() {
            Rig.model(CommandModel.NAME, CommandModel::new);
        }

        @Override
        protected PciDriver driver() {
            return (device, id) -> judged.apply(device);
        }

        @Override
        protected FunctionDescription function() {
            return CommandModel.function();
        }

        @Override
        protected String state() {
            return "1";
        }

        @Override
        protected void use(Rig bound) {
            assertEquals(42, bound.offered(Doubler.class).doubled(21));
        }

        @Override
        protected Duration limit() {
            return Duration.ofSeconds(2);
        }
    }

    private static Arguments wrong(String fact, String words, Function<VfioPciDevice, Doubling> owner) {
        return arguments(fact, words, owner);
    }

    static Stream<Arguments> wrong() {
        return Stream.of(
                wrong("theOwnerWorksStopsAndStartsAgain", "leave nothing claimed", ClaimsForEver::new),
                wrong("theNextVersionTakesTheFunctionOver", "ask in takeOver for the same", ForgetsItsMemory::new),
                wrong("theStateIsThatOfTheVersionBefore", "read in takeOver all", ForgetsItsState::new),
                wrong("aTakeOverThatFailsLeavesTheVersionBefore", "change nothing in takeOver", TakesTheAddress::new),
                wrong("theVersionBeforeLetsGo", "live on: [poller]", KeepsItsThread::new),
                wrong("nothingOfTheVersionBeforeIsReachable", "still reaches", StaysReachable::new));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("wrong")
    void breaksOneFact(String fact, String words, Function<VfioPciDevice, Doubling> owner) {
        Map<String, String> broken = broken(owner);
        assertEquals(List.of(fact), List.copyOf(broken.keySet()), broken.toString());
        assertTrue(broken.get(fact).contains(words), broken.toString());
    }

    @Test
    void rightOwnerBreaksNone() {
        assertEquals(Map.of(), broken(Doubling::new));
    }

    private static Map<String, String> broken(Function<VfioPciDevice, Doubling> owner) {
        judged = owner;
        ClaimsForEver.claimed = 0;
        Events events = EngineTestKit.engine("junit-jupiter").selectors(selectClass(Case.class)).execute().testEvents();
        assertEquals(6, events.finished().count());
        Map<String, String> messages = new TreeMap<>();
        events.failed().stream().forEach(event -> messages.put(event.getTestDescriptor().getDisplayName().replace("()", ""),
                event.getRequiredPayload(TestExecutionResult.class).getThrowable().map(Throwable::toString).orElse("")));
        return messages;
    }

    private static final class ClaimsForEver extends Doubling {
        private static int claimed;

        ClaimsForEver(VfioPciDevice device) {
            super(device);
        }

        /** Starts once on a place. */
        @Override
        public void start() {
            if (claimed == device.address().routingId()) {
                throw new VfioException(Errno.EBUSY, "claimed");
            }
            claimed = device.address().routingId();
            super.start();
        }
    }

    private static final class ForgetsItsMemory extends Doubling {
        ForgetsItsMemory(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void takeOver(DriverState state) {
            bar = device.bar(0);
            messages = device.msix(2);
            device.offer(Doubler.class, this, Map.of());
        }
    }

    private static final class ForgetsItsState extends Doubling {
        ForgetsItsState(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void takeOver(DriverState state) {
            super.takeOver(DriverState.of(1));
        }
    }

    /** Has the device use memory of the next version's, which is gone where that fails. */
    private static final class TakesTheAddress extends Doubling {
        TakesTheAddress(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void takeOver(DriverState state) {
            super.takeOver(state);
            memory = device.dma("next commands", 4096);
            bar.write64(CommandModel.ADDRESS, memory.iova());
        }

        @Override
        public synchronized long doubled(long number) {
            if (bar.read64(CommandModel.ADDRESS) != memory.iova()) {
                throw new VfioException(Errno.EIO, "the device uses other memory");
            }
            return super.doubled(number);
        }
    }

    private static final class KeepsItsThread extends Doubling {
        private final CountDownLatch end = new CountDownLatch(1);

        KeepsItsThread(VfioPciDevice device) {
            super(device);
        }

        private void poll() {
            CountDownLatch ended = end;
            Thread poller = new Thread(() -> {
                try {
                    ended.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }, "poller");
            poller.setDaemon(true);
            poller.start();
        }

        @Override
        public void start() {
            super.start();
            poll();
        }

        @Override
        public void takeOver(DriverState state) {
            super.takeOver(state);
            poll();
        }

        @Override
        public void stop() {
            end.countDown();
            super.stop();
        }
    }

    private static final class StaysReachable extends Doubling {
        StaysReachable(VfioPciDevice device) {
            super(device);
        }

        @Override
        public void start() {
            KEPT.add(this);
            super.start();
        }
    }
}
