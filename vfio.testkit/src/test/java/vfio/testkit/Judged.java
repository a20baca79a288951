// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;
import org.junit.platform.testkit.engine.Events;
import vfio.core.device.DeviceHandle;
import vfio.hardware.emulated.FunctionDescription;
import vfio.pci.core.PciDriver;

/** A driver judged by the contract: which facts it keeps, breaks and leaves open. */
record Judged(Map<String, String> broken, Map<String, String> open, long kept) {
    private static Supplier<? extends PciDriver> judged;
    private static Duration limit;

    /** Runs the contract over a driver; one at a time. */
    static Judged of(Duration limit, Supplier<? extends PciDriver> driver) {
        Judged.limit = limit;
        judged = driver;
        Events events = EngineTestKit.engine("junit-jupiter").selectors(selectClass(Case.class)).execute().testEvents();
        return new Judged(messages(events.failed()), messages(events.aborted()), events.succeeded().count());
    }

    private static Map<String, String> messages(Events events) {
        Map<String, String> messages = new TreeMap<>();
        events.stream().forEach(event -> messages.put(name(event), message(event)));
        return messages;
    }

    private static String name(Event event) {
        return ((MethodSource) event.getTestDescriptor().getSource().orElseThrow()).getMethodName();
    }

    private static String message(Event event) {
        return event.getRequiredPayload(TestExecutionResult.class).getThrowable().map(Throwable::toString).orElse("");
    }

    /** What a vendor writes, for whichever driver is judged. */
    static final class Case extends DriverContract {
        @Override
        protected PciDriver driver() {
            return judged.get();
        }

        @Override
        protected FunctionDescription function() {
            return Sound.function();
        }

        @Override
        protected Duration limit() {
            return limit;
        }

        @Override
        public String state() {
            return "1";
        }

        @Override
        public void use(DeviceHandle handle) {
            if (handle.info().regions() > Sound.VENDOR_REGION) {
                handle.region(Sound.VENDOR_REGION).write64(0, 0x1122334455667788L);
            }
        }
    }
}
