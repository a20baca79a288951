// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.internal.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.VfioException;
import vfio.pci.core.bus.PciBus.Virtualization;
import vfio.pci.core.fake.FakeBus;
import vfio.pci.core.fake.FakeFunction;
import vfio.pci.core.internal.slot.BindPolicy;
import vfio.pci.core.internal.slot.FunctionSlot;

class PoliciesTest {
    private final FunctionSlot slot =
            new FunctionSlot(new FakeBus("emulated", Virtualization.RAW), new FakeFunction("0000:0a:00.1", 1, 2));

    @ParameterizedTest
    @CsvSource({"*,true", "**,true", "0000:0a:*,true", "0000:0A:00.?,true", "0000:0a:00.1*,true", "?000:0a:00.1,true",
        "emulated/*,true", "emul*.1,true", "linux/*,false", "0000:0a:00.?1,false", "0000:0b:*,false", "*.2,false", "?,false",
        "0000:0a:00*1,true", "0000:0a:00+1*,false", "*[0-9],false"})
    void starIsAnyTextAndQuestionMarkOneCharacter(String pattern, boolean names) {
        assertEquals(names, Policies.names(pattern, slot));
    }

    @Test
    void hostilePatternTakesNoTimeOfNote() {
        assertEquals(false, Policies.names("*?".repeat(20_000) + "x", slot));
        assertEquals(false, Policies.names("*0".repeat(20_000), slot));
    }

    @Test
    void latestThatNamesAFunctionDecides() {
        Policies policies = new Policies();
        assertEquals(BindPolicy.MANUAL, policies.of(slot));
        policies.set("*", BindPolicy.AUTO);
        policies.set("0000:0b:00.0", BindPolicy.MANUAL);
        assertEquals(BindPolicy.AUTO, policies.of(slot));
        policies.set("A:0.1", BindPolicy.parse("pinned x"));
        assertEquals("pinned x", policies.of(slot).toString());
        policies.set("emulated/0000:0a:00.1", BindPolicy.MANUAL);
        assertEquals(BindPolicy.MANUAL, policies.of(slot));
        policies.set("*", BindPolicy.AUTO);
        assertEquals(BindPolicy.AUTO, policies.of(slot));
        assertEquals(List.of("0000:0b:00.0", "0000:0a:00.1", "emulated/0000:0a:00.1", "*"),
                List.copyOf(policies.all().keySet()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Auto", "manual x", "pinned", "pinned a b", "automatic", ":auto"})
    void unknownPolicyIsEinval(String text) {
        assertThrows(VfioException.class, () -> BindPolicy.parse(text));
    }
}
