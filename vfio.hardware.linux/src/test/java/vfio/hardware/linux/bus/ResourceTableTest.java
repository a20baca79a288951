// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.linux.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.pci.core.bus.PciFunction.Bar;

class ResourceTableTest {
    private static final String NONE = "0x0000000000000000 0x0000000000000000 0x0000000000000000";
    private final List<String> warnings = new ArrayList<>();

    private List<Bar> parse(String... lines) {
        List<String> all = new ArrayList<>(List.of(lines));
        while (all.size() < 7) {
            all.add(NONE);
        }
        return ResourceTable.parse(String.join("\n", all), warnings::add);
    }

    @Test
    void aRangeWithoutAnAddressStillHasItsSize() {
        assertEquals(List.of(new Bar(0, 0x4000, false, false, false)),
                parse("0x0000000000000000 0x0000000000003fff 0x0000000020040200"));
    }

    @Test
    void theLargestBarIsTwoToThe62AndMoreIsNonsense() {
        assertEquals(List.of(new Bar(0, 1L << 62, false, true, false)),
                parse("0x4000000000000000 0x7fffffffffffffff 0x0000000000140204"));
        assertEquals(List.of(), parse("0x0000000000000000 0x7fffffffffffffff 0x0000000000140204"));
        assertEquals(List.of(), parse("0x0000000000000000 0xffffffffffffffff 0x0000000000140204"));
        assertEquals(2, warnings.size());
    }

    @Test
    void theUpperHalfOfAWideBarHasNoRow() {
        String wide = "0x0000000000001000 0x0000000000001fff 0x0000000000140204";
        assertEquals(List.of(0, 2, 4), parse(wide, wide, wide, wide, wide, wide).stream().map(Bar::index).toList());
    }

    @Test
    void theRomBehindTheBarsIsNoBar() {
        assertEquals(List.of(), parse(NONE, NONE, NONE, NONE, NONE, NONE,
                "0x00000000fe000000 0x00000000fe00ffff 0x0000000000046200"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "0x0 0x0", "0x1000 0x0fff 0x200", "0x2000 0x1000 0x200", "0x0 0x2fff 0x200",
        "0x0 0xfff 0x1", "0x0 0xfff 0x300", "0x0 0xfff 0x200 0x0", "0 fff 200", "0x0 0x11111111111111111 0x200"})
    void aLineThatMakesNoSenseIsLeftOutWithAWarning(String line) {
        assertEquals(List.of(1), parse(line, "0x0 0xfff 0x200").stream().map(Bar::index).toList());
        assertEquals(1, warnings.size());
    }

    @Property
    void anyTextGivesBarsThatAreWellFormed(@ForAll String text) {
        check(ResourceTable.parse(text, w -> assertTrue(!w.isEmpty())));
    }

    @Property
    void anyNumbersGiveBarsThatAreWellFormed(@ForAll @Size(18) long[] numbers) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < numbers.length; i++) {
            text.append("0x%x".formatted(numbers[i])).append(i % 3 == 2 ? '\n' : ' ');
        }
        check(ResourceTable.parse(text.toString(), w -> { }));
    }

    private static void check(List<Bar> bars) {
        int next = 0;
        for (Bar bar : bars) {
            assertTrue(bar.index() >= next && bar.index() < 6);
            assertTrue(bar.size() > 0 && Long.bitCount(bar.size()) == 1);
            next = bar.index() + (bar.wide() ? 2 : 1);
            assertTrue(next <= 6);
        }
    }
}
