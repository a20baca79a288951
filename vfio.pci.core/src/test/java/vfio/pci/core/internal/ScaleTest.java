// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import vfio.pci.core.fake.FakeDriver;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.id.PciAddress;

/** Ten thousand functions: what a change costs is counted, not timed. */
class ScaleTest {
    private static final int FUNCTIONS = 10_000;
    /** For a machine that does much else. */
    private static final Duration AIR = Duration.ofMinutes(2);

    @Test
    void bindingAndRematchingAllIsLinear() {
        try (TestCore core = new TestCore()) {
            FakeDriver gen = core.arrives(FakeDriver.flagged("gen", "*:*"));
            List<FakeFunction> functions = new ArrayList<>();
            for (int i = 0; i < FUNCTIONS; i++) {
                functions.add(core.plug(new PciAddress(i >> 16, 0, 0, 0).withRoutingId(i).toString(), 1, 2));
            }
            core.admin.policy("*", "auto");
            core.settle();
            await().atMost(AIR).until(() -> core.admin.status().bound() == FUNCTIONS && core.admin.status().wanted() == 0);
            assertEquals(FUNCTIONS, gen.probed.size());
            assertTrue(keyReads(functions) <= 10L * FUNCTIONS, "each function is looked at a few times");
            long before = keyReads(functions);
            FakeDriver best = core.arrives(FakeDriver.flagged("best", "1:2"));
            await().atMost(AIR).until(() -> core.admin.drivers().get(0).bound() == FUNCTIONS
                    && core.admin.status().wanted() == 0);
            assertEquals(FUNCTIONS, best.probed.size());
            assertEquals(0, gen.held.get());
            assertTrue(keyReads(functions) - before <= 10L * FUNCTIONS);
        }
    }

    private static long keyReads(List<FakeFunction> functions) {
        return functions.stream().mapToLong(f -> f.keyReads.get()).sum();
    }
}
