// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import vfio.core.info.DeviceInfo;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.VfioPciOperations;

class RightDriverTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @Test
    void aDriverThatUsesAllKeepsEveryFact() {
        Judged judged = Judged.of(LIMIT, () -> (device, id) -> new Sound(device));
        assertEquals(Map.of(), judged.broken());
        assertEquals(Map.of(), judged.open());
        assertEquals(facts(), judged.kept());
    }

    private static long facts() {
        return Arrays.stream(DriverContract.class.getInterfaces()).flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> method.isAnnotationPresent(Test.class)).count();
    }

    @Test
    void whatADriverDoesNotClaimIsLeftOpen() {
        Judged judged = Judged.of(LIMIT, () -> (device, id) -> new Plain(device));
        assertEquals(Map.of(), judged.broken());
        assertEquals(Set.of("vendorRegionsTellTheirType", "closeReleasesVendorRegionsOnce",
                "migrationFlagsAndLengthAreLegal",
                "everyPairOfStatesIsWalked", "theStateSavedIsThatOfTheFunctionItIsRestoredOn", "resetLeadsBackToRunning",
                "aStreamEndsWithItsStateAndAnotherCanBegin", "resetWorksWhileItsUserHasItOpen",
                "resetKeepsTheUsersConfiguration", "regionsAnswerAfterAReset",
                "theStateIsThatOfTheVersionBefore"), judged.open().keySet());
        assertTrue(judged.open().values().stream().allMatch(why -> why.contains("not checked: the d")),
                judged.open()::toString);
    }

    /** The generic driver, of a device that tells of no reset. */
    private static final class Plain extends VfioPciOperations {
        private Plain(VfioPciDevice device) {
            super(device);
        }

        @Override
        public DeviceInfo info() {
            DeviceInfo info = super.info();
            return new DeviceInfo(info.flags() & ~DeviceInfo.RESET, info.regions(), info.irqs(), info.capabilities());
        }
    }
}
