// SPDX-License-Identifier: Apache-2.0
package vfio.admin.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class MemoryShortageTest {
    private final AtomicInteger probes = new AtomicInteger();
    private final AtomicInteger ends = new AtomicInteger();

    private MemoryShortage shortage(int failures, Duration patience) {
        return new MemoryShortage(() -> {
            if (probes.incrementAndGet() <= failures) {
                throw new OutOfMemoryError("made up");
            }
        }, patience, ends::incrementAndGet);
    }

    @Test
    void onePassesAndTheProcessGoesOn() {
        shortage(3, Duration.ofMinutes(1)).await();
        assertEquals(4, probes.get());
        assertEquals(0, ends.get());
    }

    @Test
    void oneThatLastsEndsTheProcess() {
        shortage(Integer.MAX_VALUE, Duration.ofMillis(1)).await();
        assertEquals(1, ends.get());
    }
}
