// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.assembly;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StateVersionsTest {

    @ParameterizedTest
    @CsvSource({"3 2, 3 2 1, 3", "3 2, 2 1, 2", "1, 1, 1", "2 0, 1, 0", "0, 4, 0", "0, '', 0", "2, 1, ''", "2, '', ''",
            "'', 1, ''", "'', '', ''"})
    void theNewestThatBothKnowIsTaken(String mine, String others, String taken) {
        assertEquals(taken, StateVersions.parse(mine).takenOverFrom(StateVersions.parse(others)).stream()
                .mapToObj(String::valueOf).findFirst().orElse(""));
    }

    @Test
    void blanksAroundAreNothing() {
        assertEquals(List.of(10, 2, 0), StateVersions.parse("  10  2 0 ").versions());
        assertEquals(StateVersions.NONE, StateVersions.parse("  "));
    }

    @Test
    void thePropertyIsReadByItsPrefix() {
        assertEquals(List.of(2), StateVersions.from(Map.of("vfio.pci.state", "2"), "vfio.pci.").versions());
        assertEquals(StateVersions.NONE, StateVersions.from(Map.of("state", 2), ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1 2", "2 2", "-1", "x", "1,0", "9999999999", "\n1\n2",
            "40 39 38 37 36 35 34 33 32 31 30 29 28 27 26 25 24 23 22 21 20 19 18 17 16 15 14 13 12 11 10 9 8"})
    void whatIsNoListOfVersionsIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> StateVersions.parse(text));
    }

    @Test
    void twoBuildsWithoutAStateInCommonAreToldWithTheirVersions() {
        assertEquals("the builds have no version of the driver's state in common: 3 2 now, none next",
                StateVersions.parse("3 2").noneInCommon(StateVersions.NONE));
    }
}
