// SPDX-License-Identifier: Apache-2.0
package vfio.core.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import vfio.core.Errno;
import vfio.core.SharedMemory;
import vfio.core.VfioException;
import vfio.core.driver.DriverWorker;

/** A device whose driver is exchanged. */
abstract class ExchangedDevice {
    static final Duration LIMIT = Duration.ofSeconds(30);

    final List<DriverWorker> workers = new ArrayList<>();
    final SharedMemory memory = new TestMemory(4096);
    final AtomicInteger committed = new AtomicInteger();
    final HandingDriver first = new HandingDriver(memory, "first");
    final VfioDevice device = new VfioDevice("0000:01:00.0", new DeviceSet.Registry(), "set", first, worker("first"),
            LIMIT, () -> { });

    DriverWorker worker(String name) {
        DriverWorker worker = new DriverWorker(name, fault -> { });
        workers.add(worker);
        return worker;
    }

    Exchanged exchange(VfioOperations next, OptionalInt version) {
        return exchange(new Seat(next, worker("next"), LIMIT), version);
    }

    Exchanged exchange(Seat next, OptionalInt version) {
        return device.exchange(next, () -> version, committed::incrementAndGet);
    }

    /** Where a user's thread gets no processor inside a call, an exchange is called off, and tried again. */
    void exchangeInTheEnd(VfioOperations next) {
        while (true) {
            try {
                exchange(next, state());
                return;
            } catch (VfioException e) {
                assertEquals(Errno.EBUSY, e.errno());
            }
        }
    }

    Errno refused(VfioOperations next, OptionalInt version) {
        return assertThrows(VfioException.class, () -> exchange(next, version)).errno();
    }

    DeviceHandle open() {
        return device.open(VfioUser.named("user"));
    }

    @AfterEach
    void end() {
        device.leave(Duration.ZERO);
        workers.forEach(DriverWorker::close);
    }

    static OptionalInt state() {
        return OptionalInt.of(1);
    }

    /** The driver of before serves the device, every gate is open, and another exchange works. */
    void assertStayed(DeviceHandle handle) {
        assertEquals(0, committed.get());
        long before = first.writes.get();
        handle.region(0).write64(0, 1);
        assertEquals(before + 1, first.writes.get());
        HandingDriver next = new HandingDriver(memory, "sound");
        next.features = first.features;
        exchange(next, state());
        handle.region(0).write64(0, 1);
        assertEquals(before + 2, next.writes.get());
    }

    static Runnable throwing(Throwable thrown) {
        return () -> ExchangedDevice.<RuntimeException>sneak(thrown);
    }

    @SuppressWarnings("unchecked")
    static <T extends Throwable> void sneak(Throwable thrown) throws T {
        throw (T) thrown;
    }
}
